import type { MiddlewareHandler } from "hono";
import { authenticator, type AuthOptions, unauthorized } from "./auth.ts";
import { isFromHere, notDevelopment } from "./development.ts";
import type { Env } from "./service.ts";

/** Lets in who may come in, before anything else is looked at: who may not is not told what there is. */
export function guard(auth: AuthOptions | undefined): MiddlewareHandler<Env> {
  if (auth === undefined) return developerOnly();
  const authenticate = authenticator(auth);
  return async (c, next) => {
    c.set("principal", await authenticate(c.req.raw));
    await next();
  };
}

function developerOnly(): MiddlewareHandler<Env> {
  const closedBecause = notDevelopment();
  return async (c, next) => {
    if (!isFromHere(c)) throw unauthorized("Cannot let you in as no `auth` is set here");
    if (closedBecause !== undefined) {
      throw unauthorized(`Cannot let you in as no \`auth\` is set and ${closedBecause}`);
    }
    c.set("principal", { id: "local" });
    await next();
  };
}
