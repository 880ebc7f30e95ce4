import type { CallOptions } from "../call/options/options.ts";
import { withoutTotal } from "../call/options/timeouts.ts";

/**
 * Returns the options of a workflow's call that apply to the calls inside: all but those that limit
 * the whole call.
 */
export function optionsInside(
  { signal: _, timeout, budget: __, metadata: ___, ...others }: CallOptions,
): CallOptions {
  const limits = withoutTotal(timeout);
  return limits === undefined ? others : { ...others, timeout: limits };
}
