import type { Context, MiddlewareHandler } from "hono";
import { type AuthOptions, createAuthenticator, type Principal, unauthorized } from "./auth.ts";
import { isLocalRequest, reasonToDeny } from "./development_access.ts";
import type { Env } from "./service.ts";

/**
 * Says who sends a request. Another request may be given in the place of it, one with a token that was handed in otherwise.
 *
 * @throws {Problem} If it is nobody who may call.
 */
export type Identify = (c: Context<Env>, request?: Request) => Promise<Principal>;

/** Makes the function that says who sends a request. */
export function createIdentify(auth: AuthOptions | undefined): Identify {
  if (auth === undefined) return developerOnly();
  const authenticate = createAuthenticator(auth);
  return (c, request = c.req.raw) => authenticate(request);
}

/** Lets in who may come in, before anything else is looked at: who may not is not told what there is. */
export function requirePrincipal(identify: Identify): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("principal", await identify(c));
    await next();
  };
}

function developerOnly(): Identify {
  const closedBecause = reasonToDeny();
  // An error is a rejection, as it is with any other.
  // deno-lint-ignore require-await
  return async (c) => {
    if (!isLocalRequest(c)) throw unauthorized("Cannot let you in as no `auth` is set here");
    if (closedBecause !== undefined) {
      throw unauthorized(`Cannot let you in as no \`auth\` is set and ${closedBecause}`);
    }
    return { id: "local" };
  };
}
