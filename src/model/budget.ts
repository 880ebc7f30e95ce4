import {
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
  type RulesFor,
  wholeNumber,
} from "./check_options.ts";

/** The maximum that may be spent. An absent limit is no limit; 0 lets nothing be sent. */
export interface BudgetOptions {
  /** The maximum cost, in US dollars. The price of every model must be known. */
  readonly cost?: number;
  /** The maximum number of tokens, input and output. */
  readonly tokens?: number;
  /** The maximum number of attempts: each retry, fallback and tool round counts. */
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
