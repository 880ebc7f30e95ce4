import { DEFAULT_MAX_ANSWER_BYTES } from "../../http/bounds/answer_limits.ts";
import { boundResponse } from "../../http/bounds/bounded_fetch.ts";
import { isRedirect } from "../../http/redirect_error.ts";

/** The maximum size of an output file, in bytes: JavaScript has no longer texts. */
const MAX_FILE_BYTES = 500_000_000;

/** The status of a redirect whose own status a browser hides. */
const UNKNOWN_REDIRECT = 302;

/**
 * Sends a request of the official SDK. Redirects are not followed, and responses are bounded. The
 * SDK repeats a response if a header of the server says so: a redirect has only its target.
 */
export const batchFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: "manual" });
  const { type, status, headers } = response;
  if (type === "opaqueredirect" || isRedirect(status)) {
    response.body?.cancel().catch(() => {});
    const location = headers.get("location");
    return new Response(null, {
      status: status || UNKNOWN_REDIRECT,
      headers: location === null ? {} : { location },
    });
  }
  const url = input instanceof Request ? input.url : String(input);
  const isFile = new URL(url).pathname.endsWith("/content");
  return boundResponse(response, isFile ? MAX_FILE_BYTES : DEFAULT_MAX_ANSWER_BYTES);
};
