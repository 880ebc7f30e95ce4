import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { ErrorReply } from "./provider_errors.ts";

/**
 * The state of a request at the virtual provider. It is a single object, as there may be
 * thousands of them.
 */
export interface PendingRequest {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  readonly onResponse: (() => void) | undefined;
  /** Whether it has a stream. */
  hasStream: boolean;
  /** Whether the server works on it. */
  isRunning: boolean;
  /** Whether it is in flight. */
  isInFlight: boolean;
  /** The fault that was drawn for it. */
  fault: string | undefined;
  /** Milliseconds until the answer, or the error. */
  delay: number;
  /** The answer, or how it fails: with a status, an error of `respond`, or a network error. */
  reply: ModelReply | undefined;
  failure: ErrorReply | Error | "network" | undefined;
  rates: RateReport | undefined;
}

/** Creates a request that is not in flight yet. */
export function pendingRequest(
  request: ModelRequest,
  { signal, onResponse }: ProviderOptions,
): PendingRequest {
  return {
    request,
    signal,
    onResponse,
    hasStream: false,
    isRunning: false,
    isInFlight: false,
    fault: undefined,
    delay: 0,
    reply: undefined,
    failure: undefined,
    rates: undefined,
  };
}
