import { type Callable, isCallable } from "../../call/options/callable.ts";
import { definitionOf } from "../../agent/definition.ts";

/**
 * Returns an agent and all agents that its definition mentions: branches, steps, routes and tools.
 * Those that a `run` function calls are unknown.
 */
export function callablesIn(agent: Callable): readonly Callable[] {
  const found = new Set<Callable>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (isCallable(value)) {
      found.add(value);
      visit(definitionOf(value)?.parts());
    } else if (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) {
      for (const member of Object.values(value)) visit(member);
    }
  };
  visit(agent);
  return [...found];
}
