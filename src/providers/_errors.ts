/** What can go wrong with a request, told once and for all: by status and code, never by words in a message. */
import { APIError, OpenAIError } from "openai";
import { ProviderError } from "../model/errors.ts";
import type { RateReport } from "../model/rates.ts";
import { retryAfterOf } from "./_retry_after.ts";
import { clean } from "./_clean.ts";

const RETRYABLE = new Set([408, 409, 429]);

/** The error of a request, without any key in it. `rates` is what the server said before it failed. */
export function providerError(
  thrown: unknown,
  keys: readonly string[],
  rates: RateReport | undefined,
): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIError) return statusError(thrown, keys, rates);
  // The SDK cannot read a stream that has no body at all; the message of a SyntaxError would quote the answer.
  if (thrown instanceof SyntaxError || thrown instanceof OpenAIError) {
    return new ProviderError("the server's answer is not JSON", {
      code: "provider",
      retryable: true,
      rates,
    });
  }
  // fetch tells of a connection that broke while the answer was read by a TypeError.
  if (thrown instanceof TypeError || (thrown as { name?: string })?.name === "Http") {
    return network(thrown as Error, keys, rates);
  }
  return thrown;
}

function network(
  error: Error,
  keys: readonly string[],
  rates: RateReport | undefined,
): ProviderError {
  // Deno says only "fetch failed", and the reason in the cause, behind a URL that may have a key in it.
  const told = error.cause instanceof Error ? error.cause.message : error.message;
  const what = clean(told.replace(/^error sending request .*?: (?=client error)/, ""), keys);
  return new ProviderError(`the connection failed: ${what}`, {
    code: "network",
    retryable: true,
    rates,
  });
}

function statusError(
  error: APIError,
  keys: readonly string[],
  rates: RateReport | undefined,
): ProviderError {
  // An error inside an answer that began well has no status; gateways put a number into its code.
  const inner = error.error as { message?: unknown; code?: unknown } | undefined;
  const code = inner?.code ?? error.code;
  const number = Number(code);
  const status = error.status ?? (number >= 400 && number < 600 ? number : undefined);
  // What is no message may be anything, the prompt among it.
  const what = typeof inner?.message === "string" ? `: ${clean(inner.message, keys)}` : "";
  return new ProviderError(
    status === undefined
      ? `the server failed while it answered${what}`
      : `the server answered ${status}${what}`,
    {
      code: status === 429 ? "rate_limited" : status === 408 ? "timeout" : "provider",
      status,
      retryAfterMs: error.headers === undefined
        ? undefined
        : retryAfterOf(error.headers, Date.now()),
      retryable: code !== "insufficient_quota" &&
        (status === undefined || status >= 500 || RETRYABLE.has(status)),
      rates,
    },
  );
}
