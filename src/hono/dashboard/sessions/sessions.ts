/** Sessions of the dashboard. A signed cookie holds the session, which refers to a token. */

/** How long a session lasts, in milliseconds: 12 hours. */
export const LIFETIME = 12 * 3_600_000;

/** Sessions of people who have signed in. A session does not contain its token. */
export interface Sessions {
  /** The secret that cookies are signed with. */
  readonly secret: BufferSource;
  /** Starts a session with a valid token and returns it, for the cookie. */
  begin(token: string): string;
  /** Returns the token of a session; `undefined` if it is unknown, expired or has been ended. */
  token(session: string | undefined): string | undefined;
  /** Ends a session. */
  end(session: string | undefined): void;
}
