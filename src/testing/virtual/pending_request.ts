/** A request on its way through the virtual provider. */
import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { ErrorReply } from "./provider_errors.ts";

/** A request on its way. There may be many thousands of them, so all that is known of one is in one object. */
export interface PendingRequest {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  readonly onResponse: (() => void) | undefined;
  /** Has it a stream? */
  hasStream: boolean;
  /** Is the server working on it? */
  isRunning: boolean;
  /** Is it in flight? */
  isInFlight: boolean;
  /** What goes wrong with it, by chance. */
  fault: string | undefined;
  /** Milliseconds until something is heard of it. */
  delay: number;
  /** What will be answered, or how it will fail: with a status, an error of `respond`, or a broken connection. */
  reply: ModelReply | undefined;
  failure: ErrorReply | Error | "network" | undefined;
  rates: RateReport | undefined;
}

/** A request that has not begun. */
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
