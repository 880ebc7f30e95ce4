import type { Context } from "hono";
import { isSameOrigin } from "../../access/cross_origin.ts";
import { Problem } from "../../problem.ts";

/**
 * Rejects requests of pages of other origins, to which the browser may add the session's cookie.
 *
 * @throws {Problem} If the request was not sent by the dashboard's own pages.
 */
export function requireSameOrigin(c: Context): void {
  if (isSameOrigin(c.req.raw)) return;
  throw new Problem(403, "forbidden", "Only the dashboard's own pages may send this request");
}
