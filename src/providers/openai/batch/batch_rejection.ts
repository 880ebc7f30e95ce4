/** Decides what a batch that the server refused is worth. */
import { APIError } from "openai";
import { ProviderError } from "../../../model/errors.ts";

/** The codes of limits that renew: other batches must end first, or some time must pass. */
const LIMIT_CODES: ReadonlySet<unknown> = new Set([
  "token_limit_exceeded",
  "rate_limit_exceeded",
  "request_limit_exceeded",
  "batch_limit_exceeded",
]);

/** The longest wait before a refused batch is created again, in milliseconds. */
const MAX_WAIT = 600_000;

/** Returns the wait before a batch is created again after N refusals, in milliseconds. */
export function refusalDelay(refusals: number, poll: number): number {
  return Math.max(poll, Math.min(MAX_WAIT, poll * 2 ** Math.min(refusals - 1, 30)));
}

/** Returns the code of a limit that renews, if it is one. */
export function limitCode(code: unknown): string | undefined {
  return LIMIT_CODES.has(code) ? code as string : undefined;
}

/** Returns the code of the limit for which a batch could not be created, if that is the reason. */
export function limitCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof APIError)) return undefined;
  const code = limitCode(thrown.code);
  if (code !== undefined) return code;
  return thrown.status === 429 && thrown.code !== "insufficient_quota"
    ? "rate_limit_exceeded"
    : undefined;
}

/** Returns the error of a request whose batch was refused for good. */
export function batchFailed(code: string | undefined): ProviderError {
  return new ProviderError(`its batch was rejected: ${code ?? "the server gave no reason"}`, {
    code: "provider",
    retryable: false,
  });
}
