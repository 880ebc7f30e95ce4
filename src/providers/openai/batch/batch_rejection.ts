/** Decides whether a batch that the server rejected is created again. */
import { APIError } from "openai";
import { ProviderError } from "../../../model/errors.ts";

/** The codes of limits that renew: other batches must end first, or some time must pass. */
const LIMIT_CODES: ReadonlySet<unknown> = new Set([
  "token_limit_exceeded",
  "rate_limit_exceeded",
  "request_limit_exceeded",
  "batch_limit_exceeded",
]);

/** The longest wait before a rejected batch is created again, in milliseconds. */
const MAX_WAIT = 600_000;

/** Returns the wait before a batch is created again after N rejections, in milliseconds. */
export function rejectionDelay(rejections: number, poll: number): number {
  return Math.max(poll, Math.min(MAX_WAIT, poll * 2 ** Math.min(rejections - 1, 30)));
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

/** Returns the error of a request whose batch was finally rejected. */
export function batchRejected(code: string | undefined): ProviderError {
  return new ProviderError(`its batch was rejected: ${code ?? "the server gave no reason"}`, {
    code: "provider",
    retryable: false,
  });
}

/** Returns the error of a request that no file can hold. */
export function lineTooLarge(bytes: number, max: number): ProviderError {
  return new ProviderError(
    `its request has ${bytes} bytes, and a batch file may have ${max}: shorten the prompt`,
    { code: "invalid_params", retryable: false },
  );
}
