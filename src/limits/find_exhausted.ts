/** Determines whether an attempt can ever fit into a budget. */
import { BudgetExhausted } from "./budget_exhausted.ts";
import { COST } from "./cost_units.ts";
import type { AttemptEstimate } from "./expected_output.ts";

/** The sum of what attempts spent, or may spend. */
export interface Spending {
  /** US dollars, as far as known. */
  readonly cost: number;
  /** Input and output tokens. */
  readonly tokens: number;
  /** The number of attempts. */
  readonly calls: number;
}

/** The state of a budget. Costs are in units of {@linkcode COST}. */
export interface Balance {
  /** The budget. */
  readonly budget: object;
  /** The limits; `Infinity` if there is none. */
  readonly total: Spending;
  /** What was spent. */
  readonly spent: Spending;
}

/**
 * Returns an error if the attempt does not fit, even if all reservations are cancelled. A budget
 * that is used up has no room even for an attempt that needs nothing.
 */
export function findExhausted(
  balance: Balance,
  estimate: AttemptEstimate,
): BudgetExhausted | undefined {
  const { cost, tokens, calls } = balance.total;
  if (cost !== Infinity) {
    const { inputCost = 0, outputCost = 0 } = estimate;
    const exhausted = checkLimit(balance, "cost", estimate, inputCost * COST, outputCost * COST);
    if (exhausted !== undefined) return exhausted;
  }
  if (tokens !== Infinity) {
    const exhausted = checkLimit(balance, "tokens", estimate, estimate.inputTokens, 1);
    if (exhausted !== undefined) return exhausted;
  }
  return calls === Infinity ? undefined : checkLimit(balance, "calls", estimate, 1, 0);
}

/** Checks one limit, of which the input needs `input` and each output token `perToken`. */
function checkLimit(
  balance: Balance,
  limit: keyof Spending,
  { likelyInput, maxTokens, history }: AttemptEstimate,
  input: number,
  perToken: number,
): BudgetExhausted | undefined {
  const [total, spent] = [balance.total[limit], balance.spent[limit]];
  // With `maxTokens` the maximum has to fit. Without, it is enough if a usual answer does.
  const surcharge = limit === "cost" ? history.surcharge : 1;
  const needed = limit === "calls"
    ? input
    : maxTokens === undefined
    ? Math.round((input * likelyInput + perToken * history.typical) / surcharge)
    : Math.round(input + perToken * Math.ceil(maxTokens * history.overrun));
  if (spent < total && spent + needed <= total) return undefined;
  const unit = limit === "cost" ? COST : 1;
  const room = Math.floor((total - spent - input) / perToken / history.overrun);
  return new BudgetExhausted({
    budget: balance.budget,
    limit,
    total: total / unit,
    used: spent / unit,
    needed: needed / unit,
    fitting: maxTokens !== undefined && perToken > 0 && room >= 1 ? room : undefined,
  });
}
