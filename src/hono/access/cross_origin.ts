/**
 * Protection against pages of other origins (CSRF). Browsers add cookies, client certificates and
 * Basic credentials to requests that any page sends, so that `auth` recognizes the user, though the
 * user has not sent them.
 */
import { Problem } from "../problem.ts";
import type { AgentRoutesOptions } from "../options.ts";

/** Where a request comes from, as the browser reports it. */
type Site = "same-origin" | "other" | "unknown";

/**
 * Returns where a request comes from. Browsers report it in `Sec-Fetch-Site`, which pages cannot
 * change; over plain HTTP they only send `Origin`. Other clients send neither.
 */
function siteOf({ headers, url }: Request): Site {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  // "none": the user has opened the URL, for example from a bookmark.
  if (site !== null) return site === "same-origin" || site === "none" ? "same-origin" : "other";
  if (origin === null) return "unknown";
  const host = headers.get("host") ?? new URL(url).host;
  return URL.canParse(origin) && new URL(origin).host === host ? "same-origin" : "other";
}

/** Whether a page of the same origin has sent the request. */
export function isSameOrigin(request: Request): boolean {
  return siteOf(request) === "same-origin" &&
    request.headers.get("sec-fetch-site") !== "none";
}

/**
 * Rejects requests that a page of another origin may have sent with the credentials of its user.
 * Requests with a bearer token pass: a page must know the token, and needs permission by CORS to
 * send it. So do requests that change nothing.
 *
 * @param cors Which pages of other origins may call.
 * @throws {Problem} If the request is rejected.
 */
export function rejectForgedRequest(request: Request, cors: AgentRoutesOptions["cors"]): void {
  const { headers, method } = request;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
  const authorization = headers.get("authorization");
  if (authorization !== null && /^Bearer /i.test(authorization)) return;
  const site = siteOf(request);
  if (site === "same-origin") return;
  const hasCredentials = headers.has("cookie") || authorization !== null;
  if (site === "unknown") {
    // Not a browser, or one whose headers were removed: only a page that was permitted by CORS
    // can send this type.
    if (!hasCredentials || isJson(headers)) return;
    throw forged("a request with a cookie needs `content-type: application/json`");
  }
  const { origin: allowed } = cors ?? { origin: [] };
  const origin = headers.get("origin");
  // Pages of any origin may call if CORS says so, but only without the credentials of their user.
  if (allowed === "*" ? !hasCredentials : origin !== null && [allowed].flat().includes(origin)) {
    return;
  }
  throw forged("the option `cors` names the origins whose pages may call");
}

function isJson(headers: Headers): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers.get("content-type") ?? "");
}

function forged(advice: string): Problem {
  return new Problem(
    403,
    "forbidden",
    `Cannot answer the request as a page of another origin may have sent it: ${advice}`,
  );
}
