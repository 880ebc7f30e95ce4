import type { Context, MiddlewareHandler } from "hono";
import {
  type Authenticate,
  createAuthenticator,
  type Principal,
  type TokenAuth,
  unauthorized,
} from "./auth.ts";
import { rejectForgedRequest } from "./access/cross_origin.ts";
import type { AgentRoutesOptions } from "./options.ts";
import type { Env } from "./service.ts";

/**
 * Returns the caller of a request. `request` replaces the request of the context: the dashboard
 * passes one with the token of a session.
 *
 * @throws {Problem} If the caller is not authenticated.
 */
export type Identify = (c: Context<Env>, request?: Request) => Promise<Principal>;

/** Creates the function that identifies callers by `auth`. Without it, no caller has access. */
export function createIdentify(auth: Authenticate | TokenAuth | undefined): Identify {
  if (auth === undefined) return closed;
  const authenticate = createAuthenticator(auth);
  return (c, request = c.req.raw) => authenticate(request);
}

/**
 * Rejects requests without a caller before anything else, so that they reveal nothing; and those
 * that a page of another origin may have sent with the credentials of its user.
 */
export function requirePrincipal(
  identify: Identify,
  { cors }: Pick<AgentRoutesOptions, "cors">,
): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("principal", await identify(c));
    rejectForgedRequest(c.req.raw, cors);
    await next();
  };
}

// Async, so that errors are rejections as with other authenticators.
// deno-lint-ignore require-await
async function closed(): Promise<never> {
  throw unauthorized(
    "Cannot authenticate the request as no `auth` is set here: the server needs " +
      '`auth: { tokens: ["…"] }`, or `auth: "one-time-token"` for development',
  );
}
