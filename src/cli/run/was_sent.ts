import type { Result } from "../../../mod.ts";
import { definitionOf } from "../../agent/definition.ts";
import type { Callable } from "../../call/options/callable.ts";

/**
 * Whether a result shows that something may have been sent, now or by an earlier start. What an
 * agent with a `run` of its own sends is unknown: it counts unless its parameters were rejected.
 */
export function wasSent(result: Result, agent: Callable): boolean {
  if (result.ok || result.replayed) return true;
  if (result.attempts.length > 0 || result.children.length > 0) return true;
  return definitionOf(agent)?.model === undefined && result.error.code !== "invalid_params";
}
