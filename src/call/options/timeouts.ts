import { type TimeoutOptions, timeouts } from "../../resilience/timeout.ts";
import type { Configuration } from "./config.ts";
import type { SharedOptions } from "./options.ts";

export type { TimeoutOptions };

/** Returns the time limits of a call of a model: its own, then the agent's, then those of `configure`. */
export function modelTimeouts(
  agent: Pick<SharedOptions, "timeout">,
  options: Pick<SharedOptions, "timeout">,
  config: Configuration,
): TimeoutOptions {
  return timeouts(options.timeout, agent.timeout, config.timeout);
}

/** Returns the time limit in milliseconds of a call that is made of others. */
export function totalTimeout(timeout: number | TimeoutOptions | undefined): number | undefined {
  return typeof timeout === "object" ? timeout.total ?? timeout.attempt : timeout;
}
