import {
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
  type RulesFor,
  wholeNumber,
} from "./check_options.ts";

/**
 * The maximum that may be spent. An absent limit is no limit; 0 lets nothing be sent.
 *
 * Each attempt, be it the first, a retry, a repair, a tool round, a fallback or a hedged request,
 * reserves what it may spend before it is sent. If only the reservations of others leave no room
 * for it, it waits; if it can never fit, it fails with the code `budget`.
 *
 * - With `maxTokens`, it reserves that many output tokens. The budget is never exceeded, except by
 *   an error in estimating the input tokens. A call that does not fit reports which `maxTokens`
 *   would.
 * - Without, it reserves by the lengths of earlier answers. The budget may be exceeded by the
 *   cost of a few answers. As long as nothing is known of an agent's answers, each of them reserves
 *   16,384 output tokens, or is sent alone if less is left: a run with a small budget begins with
 *   few calls, and with more as answers arrive.
 *
 * A run waits for its budget only while less is left than its attempts in flight reserve. That time
 * is in `timing.limitedMs` of results, with `limitedBy: "budget"`, and in the `verdict` of
 * `summarize`.
 */
export interface BudgetOptions {
  /**
   * The maximum cost, in US dollars, 0 or more. The price of every model must be known, or the call
   * throws a `TypeError` and nothing is sent.
   *
   * @default No limit
   */
  readonly cost?: number;
  /**
   * The maximum number of tokens, input and output: a whole number, 0 or more.
   *
   * @default No limit
   */
  readonly tokens?: number;
  /**
   * The maximum number of attempts: a whole number, 0 or more. Each retry, fallback and tool round
   * counts.
   *
   * @default No limit
   */
  readonly calls?: number;
}

const RULES: RulesFor<BudgetOptions> = { cost: dollars, tokens: wholeNumber, calls: wholeNumber };

/** The rule for an option `budget`. */
export const budget: Rule = (doing, name, value) => {
  const must = "an object with at least one of cost, tokens and calls";
  if (!isRecord(value)) refuse(doing, name, must, value);
  checkOptions(`${doing}: ${name}`, value, RULES);
  if (Object.values(value).every((limit) => limit === undefined)) refuse(doing, name, must, value);
};
