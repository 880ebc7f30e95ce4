/** @jsxImportSource hono/jsx */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { AuthOptions, Principal } from "../../auth.ts";
import { type BodyLimits, readBody } from "../../read_body.ts";
import type { Identify } from "../../require_principal.ts";
import { Problem } from "../../problem.ts";
import type { Env } from "../../service.ts";
import { requireSameOrigin } from "./require_same_origin.ts";
import { MemorySessions } from "./memory_sessions.ts";
import type { Sessions } from "./sessions.ts";
import { SignInPage } from "../pages/sign_in_page.tsx";
import { SignedSessions } from "./signed_sessions.ts";

const COOKIE = "shoal-dashboard";

/** How people get in. */
export interface AuthGateOptions {
  /** Says who sends a request. */
  readonly identify: Identify;
  /** Who may call; absent where there is no token that one could sign in with. */
  readonly auth: AuthOptions | undefined;
  /** The ids of those who may see it, or all. */
  readonly principals: readonly string[] | undefined;
  /** What stands above it. */
  readonly title: string;
  /** How large a form may be, and how slow. */
  readonly caps: BodyLimits;
}

/**
 * Lets people in: whom `auth` knows by the request itself, and who has signed in with a token. A browser cannot send a bearer token with
 * a page or an `EventSource`, so it gets a cookie that stands for it.
 */
export class AuthGate {
  readonly #options: AuthGateOptions;
  readonly #sessions: Sessions;

  /** Nobody has signed in. */
  constructor(options: AuthGateOptions) {
    this.#options = options;
    const { auth } = options;
    this.#sessions = auth === undefined || typeof auth === "function"
      ? new MemorySessions()
      : new SignedSessions(auth.tokens);
  }

  /** Lets in who may come in; shows others where to sign in, if it is a page that they want. */
  guard(root: string, isPage: boolean): MiddlewareHandler<Env> {
    return async (c, next) => {
      let principal: Principal;
      try {
        principal = await this.#who(c);
      } catch (error) {
        if (!(isPage && this.#options.auth !== undefined && isUnauthorized(error))) throw error;
        return this.#page(c, root, false);
      }
      this.#requireChosen(principal);
      c.set("principal", principal);
      await next();
    };
  }

  /** Has this person signed in here, so that there is something to sign out of? */
  hasSession(c: Context<Env>): boolean {
    return this.#sessions.token(getCookie(c, COOKIE)) !== undefined;
  }

  /** `POST /dashboard/session`: the form of the sign-in page. */
  async signIn(c: Context<Env>): Promise<Response> {
    requireSameOrigin(c);
    const body = await readBody(c.req.raw, this.#options.caps);
    const token = new URLSearchParams(new TextDecoder().decode(body)).get("token")?.trim() ?? "";
    try {
      this.#requireChosen(await this.#whoHas(c, token));
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      return this.#page(c, "", true);
    }
    setCookie(c, COOKIE, this.#sessions.begin(token), {
      httpOnly: true,
      sameSite: "Strict",
      // A proxy may have taken TLS away: the browser's own word counts.
      secure: /^https:/.test(c.req.header("origin") ?? c.req.url),
      // Without a path it holds for the folder of this address as the browser knows it, wherever that is mounted.
      path: undefined,
    });
    return c.redirect("../dashboard", 303);
  }

  /** `POST /dashboard/sign-out`. */
  signOut(c: Context<Env>): Response {
    requireSameOrigin(c);
    this.#sessions.end(getCookie(c, COOKIE));
    setCookie(c, COOKIE, "", { maxAge: 0, httpOnly: true, sameSite: "Strict", path: undefined });
    return c.redirect("../dashboard", 303);
  }

  async #who(c: Context<Env>): Promise<Principal> {
    const token = this.#sessions.token(getCookie(c, COOKIE));
    try {
      return await this.#options.identify(c);
    } catch (error) {
      if (token === undefined || !isUnauthorized(error)) throw error;
      return await this.#whoHas(c, token);
    }
  }

  #whoHas(c: Context<Env>, token: string): Promise<Principal> {
    const headers = new Headers(c.req.raw.headers);
    // A line break in it would not be a token, but an error.
    if (/^[\x21-\x7e]+$/.test(token)) headers.set("authorization", `Bearer ${token}`);
    else headers.delete("authorization");
    return this.#options.identify(c, new Request(c.req.url, { headers }));
  }

  #requireChosen({ id }: Principal): void {
    const { principals } = this.#options;
    if (principals === undefined || principals.includes(id)) return;
    throw new Problem(403, "forbidden", "The dashboard is not for you");
  }

  #page(c: Context, root: string, wrong: boolean): Response {
    const { title } = this.#options;
    c.header("www-authenticate", "Bearer");
    return c.html(`<!DOCTYPE html>${<SignInPage title={title} root={root} wrong={wrong} />}`, 401);
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}
