import type { Context, MiddlewareHandler } from "hono";
import { type AuthOptions, createAuthenticator, type Principal, unauthorized } from "./auth.ts";
import { isLocalRequest, reasonToDeny } from "./development_access.ts";
import type { Env } from "./service.ts";

/**
 * Returns the caller of a request. `request` replaces the request of the context: the dashboard
 * passes one with the token of a session.
 *
 * @throws {Problem} If the caller is not authenticated.
 */
export type Identify = (c: Context<Env>, request?: Request) => Promise<Principal>;

/** Creates the function that identifies callers by `auth`, or only the developer without it. */
export function createIdentify(auth: AuthOptions | undefined): Identify {
  if (auth === undefined) return developerOnly();
  const authenticate = createAuthenticator(auth);
  return (c, request = c.req.raw) => authenticate(request);
}

/** Rejects requests without a caller before anything else, so that they reveal nothing. */
export function requirePrincipal(identify: Identify): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("principal", await identify(c));
    await next();
  };
}

function developerOnly(): Identify {
  const reason = reasonToDeny();
  // Async, so that errors are rejections as with other authenticators.
  // deno-lint-ignore require-await
  return async (c) => {
    if (!isLocalRequest(c)) {
      throw unauthorized("Cannot authenticate the request as no `auth` is set here");
    }
    if (reason !== undefined) {
      throw unauthorized(`Cannot authenticate the request as no \`auth\` is set and ${reason}`);
    }
    return { id: "local" };
  };
}
