import type { MiddlewareHandler } from "hono";
import { Problem } from "../problem.ts";
import type { Env } from "../service.ts";

/**
 * Rejects requests whose `Host` makes no URL, such as `a b` or `[::`. Servers pass them on, and
 * code that parses the URL of the request would throw an error.
 */
export const requireValidHost: MiddlewareHandler<Env> = async (c, next) => {
  const host = c.req.raw.headers.get("host");
  if (!isUrlOf(c.req.raw) || host !== null && !URL.canParse(`http://${host}`)) {
    throw new Problem(
      400,
      "invalid_host",
      "Cannot answer the request as its header Host must be a host name or an address",
    );
  }
  await next();
};

/** Whether the request has a valid URL. On Deno, reading the URL of a bad host may throw. */
function isUrlOf(request: Request): boolean {
  try {
    return URL.canParse(request.url);
  } catch {
    return false;
  }
}
