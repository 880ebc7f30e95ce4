/** Who has signed in to the dashboard: the cookie that a browser sends, and the token that it stands for. */

/** So long a session lasts, in milliseconds: half a day. */
export const LIFETIME = 12 * 3_600_000;

/** Cookies that stand for tokens. None of them holds one. */
export interface Sessions {
  /** Begins a session of who has this token, which was found valid; gives the cookie. */
  begin(token: string): string;
  /** The token that a cookie stands for; `undefined` if there is no such session, or not any more. */
  token(cookie: string | undefined): string | undefined;
  /** Ends a session. */
  end(cookie: string | undefined): void;
}
