/** What can go wrong with a request, told once and for all: by status and code, never by words in a message. */
import { APIError } from "openai";
import { ProviderError } from "../model/errors.ts";
import { retryAfterOf } from "./_retry_after.ts";

const RETRYABLE = new Set([408, 409, 429]);
const LONGEST_MESSAGE = 300;

/** The error of a request, without any key in it. */
export function providerError(thrown: unknown, keys: readonly string[]): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIError) return statusError(thrown, keys);
  if (thrown instanceof SyntaxError) {
    // Its message would quote the answer.
    return new ProviderError("the server's answer is not JSON", {
      code: "provider",
      retryable: true,
    });
  }
  // fetch tells of a connection that broke while the answer was read by a TypeError.
  if (thrown instanceof TypeError || (thrown as { name?: string })?.name === "Http") {
    return network(thrown as Error, keys);
  }
  return thrown;
}

function network(error: Error, keys: readonly string[]): ProviderError {
  // The URL may have a key in it.
  const what = clean(error.message.replace(/ (for|from) url \([^)]*\)/g, ""), keys);
  return new ProviderError(`the connection failed: ${what}`, { code: "network", retryable: true });
}

function statusError(error: APIError, keys: readonly string[]): ProviderError {
  // An error inside a stream has no status; gateways put a number into its code.
  const inner = error.error as { message?: unknown; code?: unknown } | undefined;
  const code = inner?.code ?? error.code;
  const status = error.status ?? (typeof code === "number" ? code : undefined);
  // What is no message may be anything, the prompt among it.
  const what = typeof inner?.message === "string" ? `: ${clean(inner.message, keys)}` : "";
  return new ProviderError(
    status === undefined
      ? `the server failed in mid-stream${what}`
      : `the server answered ${status}${what}`,
    {
      code: status === 429 ? "rate_limited" : status === 408 ? "timeout" : "provider",
      status,
      retryAfterMs: error.headers === undefined
        ? undefined
        : retryAfterOf(error.headers, Date.now()),
      retryable: code !== "insufficient_quota" &&
        (status === undefined || status >= 500 || RETRYABLE.has(status)),
    },
  );
}

/** Without keys, and not too long: a server may echo the prompt. */
function clean(message: string, keys: readonly string[]): string {
  let text = message;
  for (const key of keys) if (key !== "") text = text.replaceAll(key, "[key]");
  // OpenAI echoes wrong keys with stars in their middle.
  text = text.replaceAll(/\b(sk|pk|key)-[\w*.-]{3,}/g, "[key]").replaceAll(
    /Bearer \S+/gi,
    "Bearer [key]",
  );
  return text.length > LONGEST_MESSAGE ? text.slice(0, LONGEST_MESSAGE) + "…" : text;
}
