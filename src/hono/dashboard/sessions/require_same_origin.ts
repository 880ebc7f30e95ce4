import type { Context } from "hono";
import { Problem } from "../../problem.ts";

/**
 * Refuses what a page of another origin has sent: the browser would add who has signed in here. Browsers say where a request
 * comes from, and no page can change that; over plain HTTP they only say the origin.
 *
 * @throws {Problem} If it does not come from the dashboard's own pages.
 */
export function requireSameOrigin(c: Context): void {
  const { headers } = c.req.raw;
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isSame = site === null
    ? origin !== null && hostOf(origin) === (headers.get("host") ?? new URL(c.req.url).host)
    : site === "same-origin";
  if (isSame) return;
  throw new Problem(403, "forbidden", "This is only for the dashboard's own pages");
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
