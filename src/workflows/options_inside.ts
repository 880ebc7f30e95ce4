import type { CallOptions } from "../call/options/options.ts";
import { withoutTotal } from "../call/options/timeouts.ts";

/**
 * The options of a workflow's call that are passed on to the calls inside: all but those of the
 * whole.
 */
export function optionsInside(
  { signal: _, timeout, budget: __, metadata: ___, ...others }: CallOptions,
): CallOptions {
  const limits = withoutTotal(timeout);
  return limits === undefined ? others : { ...others, timeout: limits };
}
