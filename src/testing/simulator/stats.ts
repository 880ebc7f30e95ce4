/** The figures of the simulator. */

/** What has happened so far. Counts go up until {@linkcode Simulator.resetStats}. */
export interface SimulatorStats {
  /** Requests received, whatever their answer. */
  requests: number;
  /** Requests without a complete answer at this moment. */
  inFlight: number;
  /** The most that were in flight at once. */
  peakInFlight: number;
  /** The most HTTP/2 streams that were open at once on any one connection; 0 over HTTP/1.1. */
  peakStreams: number;
  /** Connections on which at least one request came. */
  connections: number;
  /** Answers by HTTP status, counted when their headers are sent. */
  byStatus: Record<number, number>;
  /** Injected faults by name: `rateLimit`, `error500`, `reset`, … Answers of the limits do not count here. */
  faults: Record<string, number>;
  /** Requests whose client went away before the answer ended. */
  aborted: number;
  /** Requests in batches that were answered: they do not count in `requests`, which counts what came over the wire. */
  batchRequests: number;
  /** Tokens in the prompts that were answered. */
  inputTokens: number;
  /** Tokens in the answers. */
  outputTokens: number;
}
