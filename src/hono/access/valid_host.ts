import type { MiddlewareHandler } from "hono";
import { Problem } from "../problem.ts";
import type { Env } from "../service.ts";

/** A host name or an address, with or without a port. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{0,5})?$/i;

/**
 * Rejects requests whose `Host` is not one of a URL, such as `a b` or `x/y`. Servers pass some of
 * them on: code that parses the URL of the request would throw an error, or find another path.
 */
export const requireValidHost: MiddlewareHandler<Env> = async (c, next) => {
  const host = c.req.raw.headers.get("host");
  if (!hasUrl(c.req.raw) || host !== null && !HOST.test(host)) {
    throw new Problem(
      400,
      "invalid_host",
      "Cannot answer the request as its header Host must be a host name or an address",
    );
  }
  await next();
};

/** Whether the request has a valid URL. On Deno, reading the URL of a bad host may throw. */
function hasUrl(request: Request): boolean {
  try {
    return URL.canParse(request.url);
  } catch {
    return false;
  }
}
