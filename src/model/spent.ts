import { addCost, addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "./usage.ts";

/** What requests have spent: a usage and its known cost. */
export interface Spent {
  /** The tokens. */
  readonly usage: Usage;
  /** The known cost, in US dollars. Absent if no price is known. */
  readonly cost?: Cost;
}

/** No tokens, at no cost. */
export const NOTHING_SPENT: Spent = Object.freeze({ usage: NO_USAGE });

/** Adds two amounts. Unknown costs are left out. */
export function addSpent(a: Spent, b: Spent): Spent {
  const usage = addUsage(a.usage, b.usage);
  if (a.cost === undefined || b.cost === undefined) return { usage, cost: a.cost ?? b.cost };
  return { usage, cost: addCost(a.cost, b.cost) };
}

/**
 * Returns `a` without `part`, which is a part of it. If the cost of `a` is unknown, so is that of
 * the result.
 */
export function subtractSpent(a: Spent, part: Spent | undefined): Spent {
  if (part === undefined || part.usage === NO_USAGE) return a;
  const usage: Record<string, number> = { ...a.usage };
  for (const [name, tokens] of Object.entries(part.usage)) usage[name] = usage[name]! - tokens;
  return { usage: usage as unknown as Usage, cost: a.cost && subtractCost(a.cost, part.cost) };
}

function subtractCost(a: Cost, part: Cost = NO_COST): Cost {
  return {
    input: a.input - part.input,
    output: a.output - part.output,
    total: a.total - part.total,
    source: a.source,
  };
}
