import type { Context } from "hono";
import { Problem } from "../../problem.ts";

/**
 * Rejects requests of pages of other origins, to which the browser may add the session's cookie.
 * Browsers report the site of a request in `Sec-Fetch-Site`, which pages cannot change; over plain
 * HTTP they only send `Origin`.
 *
 * @throws {Problem} If the request was not sent by the dashboard's own pages.
 */
export function requireSameOrigin(c: Context): void {
  const { headers } = c.req.raw;
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isSame = site === null
    ? origin !== null && hostOf(origin) === (headers.get("host") ?? new URL(c.req.url).host)
    : site === "same-origin";
  if (isSame) return;
  throw new Problem(403, "forbidden", "Only the dashboard's own pages may send this request");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
