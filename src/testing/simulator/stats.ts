/** Counts since the start, or since the last {@linkcode Simulator.resetStats}. */
export interface SimulatorStats {
  /** Requests received, whatever the answer. */
  requests: number;
  /** Requests in flight now. */
  inFlight: number;
  /** The maximum number of requests in flight at once. */
  peakInFlight: number;
  /** The maximum number of streams open at once on an HTTP/2 connection; 0 over HTTP/1.1. */
  peakStreams: number;
  /** Connections that carried at least one request. */
  connections: number;
  /** Answers by HTTP status, counted when their headers are sent. */
  byStatus: Record<number, number>;
  /**
   * Injected faults by name: `rateLimit`, `error500`, `reset`, … Rejections by `limits` are not
   * counted here.
   */
  faults: Record<string, number>;
  /** Requests whose client disconnected before the answer ended. */
  aborted: number;
  /** Requests in batches that were answered. They are not counted in `requests`. */
  batchRequests: number;
  /** Input tokens of the answered requests. */
  inputTokens: number;
  /** Output tokens of the answers. */
  outputTokens: number;
}
