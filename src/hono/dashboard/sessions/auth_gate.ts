import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Principal } from "../../auth.ts";
import type { ResolvedAuth } from "../../access/one_time_token.ts";
import { remoteAddress } from "../../access/remote_address.ts";
import type { SignInThrottle } from "../../access/sign_in_throttle.ts";
import { type BodyLimits, readBody } from "../../read_body.ts";
import type { Identify } from "../../require_principal.ts";
import { Problem } from "../../problem.ts";
import type { Env } from "../../service.ts";
import { requireSameOrigin } from "./require_same_origin.ts";
import { MemorySessions } from "./memory_sessions.ts";
import type { Sessions } from "./sessions.ts";
import { signInPage } from "../pages/sign_in_page.ts";
import { SignedSessions } from "./signed_sessions.ts";

const COOKIE = "shoal-dashboard";

// Without a path the cookie applies to the dashboard's folder as the browser sees it, wherever the
// routes are mounted.
const COOKIE_OPTIONS = { httpOnly: true, sameSite: "Strict", path: undefined } as const;

/** Options of {@linkcode AuthGate}. */
export interface AuthGateOptions {
  /** Identifies the caller of a request. */
  readonly identify: Identify;
  /** How callers are authenticated. Without it, signing in is not possible. */
  readonly auth: ResolvedAuth["auth"];
  /** The one-time token; absent if there is none. */
  readonly oneTimeToken: string | undefined;
  /** Slows down guesses. */
  readonly throttle: SignInThrottle;
  /** The IDs of the principals who may see the dashboard; `undefined` allows all. */
  readonly principals: readonly string[] | undefined;
  /** The title of the dashboard. */
  readonly title: string;
  /** The limits of a form's body. */
  readonly limits: BodyLimits;
}

/**
 * Access control of the dashboard: admits callers that `auth` recognizes by their request, and
 * people who have signed in with a token. Browsers cannot send bearer tokens for pages or for an
 * `EventSource`, so they get a signed cookie that refers to the token.
 */
export class AuthGate {
  readonly #options: AuthGateOptions;
  readonly #sessions: Sessions;

  /** Creates a gate without sessions. */
  constructor(options: AuthGateOptions) {
    this.#options = options;
    const { auth } = options;
    this.#sessions = auth === undefined || typeof auth === "function"
      ? new MemorySessions()
      : new SignedSessions(auth.tokens);
  }

  /** Returns middleware that rejects requests without a permitted principal. */
  protect(): MiddlewareHandler<Env> {
    return async (c, next) => {
      await this.#authorize(c);
      await next();
    };
  }

  /**
   * As {@linkcode protect}, for a page: shows the form to sign in. `root` leads to the dashboard.
   */
  protectPage(root: string): MiddlewareHandler<Env> {
    return async (c, next) => {
      try {
        await this.#authorize(c);
      } catch (error) {
        if (this.#options.auth === undefined || !isUnauthorized(error)) throw error;
        return this.#signInPage(c, { root, rejected: false });
      }
      await next();
    };
  }

  /** Whether the request has a session, which can be signed out of. */
  async hasSession(c: Context<Env>): Promise<boolean> {
    return this.#sessions.token(await this.#session(c)) !== undefined;
  }

  /** `POST /dashboard/session`: handles the form of the sign-in page. */
  async signIn(c: Context<Env>): Promise<Response> {
    requireSameOrigin(c);
    const body = await readBody(c.req.raw, this.#options.limits);
    const token = new URLSearchParams(new TextDecoder().decode(body)).get("token")?.trim() ?? "";
    if (!await this.#isAllowed(c, token)) return this.#signInPage(c, { root: "", rejected: true });
    await this.#setCookie(c, token);
    return c.redirect("../dashboard", 303);
  }

  /**
   * Signs in with the one-time token in the URL of the dashboard, as it is printed: `?token=…`. The
   * redirect removes it from the address bar. Other tokens are not accepted there, as URLs end up
   * in logs and in histories.
   */
  signInByUrl(): MiddlewareHandler<Env> {
    return async (c, next) => {
      const token = c.req.query("token");
      if (this.#options.oneTimeToken === undefined || token === undefined) return await next();
      const isValid = await this.#isAllowed(c, token);
      if (!isValid) return this.#signInPage(c, { root: "dashboard/", rejected: true });
      await this.#setCookie(c, token);
      return c.redirect("dashboard", 303);
    };
  }

  /**
   * Whether a token belongs to a caller who may see the dashboard.
   *
   * @throws {Problem} If its caller may not (403), or if there were too many guesses (429).
   */
  #isAllowed(c: Context<Env>, token: string): Promise<boolean> {
    return this.#options.throttle.run(remoteAddress(c), async () => {
      try {
        this.#requireAllowed(await this.#identifyByToken(c, token));
        return true;
      } catch (error) {
        if (!isUnauthorized(error)) throw error;
        return false;
      }
    });
  }

  async #setCookie(c: Context<Env>, token: string): Promise<void> {
    await setSignedCookie(c, COOKIE, this.#sessions.begin(token), this.#sessions.secret, {
      ...COOKIE_OPTIONS,
      // A proxy may terminate TLS, so the browser's own origin decides.
      secure: /^https:/.test(c.req.header("origin") ?? c.req.url),
    });
  }

  /** `POST /dashboard/sign-out`. */
  async signOut(c: Context<Env>): Promise<Response> {
    requireSameOrigin(c);
    this.#sessions.end(await this.#session(c));
    deleteCookie(c, COOKIE, COOKIE_OPTIONS);
    return c.redirect("../dashboard", 303);
  }

  /**
   * Returns the session of the cookie; `undefined` if there is none or its signature is invalid.
   */
  async #session(c: Context<Env>): Promise<string | undefined> {
    // Deriving the secret is slow, so it waits until there is a cookie.
    if (getCookie(c, COOKIE) === undefined) return undefined;
    const session = await getSignedCookie(c, this.#sessions.secret, COOKIE);
    return session === false ? undefined : session;
  }

  async #authorize(c: Context<Env>): Promise<void> {
    const principal = await this.#identify(c);
    this.#requireAllowed(principal);
    c.set("principal", principal);
  }

  async #identify(c: Context<Env>): Promise<Principal> {
    const token = this.#sessions.token(await this.#session(c));
    try {
      return await this.#options.identify(c);
    } catch (error) {
      if (token === undefined || !isUnauthorized(error)) throw error;
      return await this.#identifyByToken(c, token);
    }
  }

  #identifyByToken(c: Context<Env>, token: string): Promise<Principal> {
    const headers = new Headers(c.req.raw.headers);
    // `Headers` throws for invalid values, such as line breaks.
    if (/^[\x21-\x7e]+$/.test(token)) headers.set("authorization", `Bearer ${token}`);
    else headers.delete("authorization");
    return this.#options.identify(c, new Request(c.req.url, { headers }));
  }

  #requireAllowed({ id }: Principal): void {
    const { principals } = this.#options;
    if (principals === undefined || principals.includes(id)) return;
    throw new Problem(403, "forbidden", "You may not use the dashboard");
  }

  #signInPage(
    c: Context,
    { root, rejected }: { readonly root: string; readonly rejected: boolean },
  ): Response {
    const { title } = this.#options;
    const page = signInPage({ title, root, rejected });
    c.header("www-authenticate", "Bearer");
    return c.html(`<!DOCTYPE html>${page}`, 401);
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}
