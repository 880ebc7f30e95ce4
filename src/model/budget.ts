import {
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
  type Rules,
  wholeNumber,
} from "./check_options.ts";

/** How much may be spent at most. What is absent is not limited; 0 lets nothing be sent. */
export interface BudgetOptions {
  /** US dollars. Every model needs a known price then. */
  readonly cost?: number;
  /** Tokens, in and out. */
  readonly tokens?: number;
  /** Attempts that are sent: each retry, fallback and tool round counts. */
  readonly calls?: number;
}

const RULES: Rules = { cost: dollars, tokens: wholeNumber, calls: wholeNumber };

/** The rule for an option `budget`. */
export const budget: Rule = (doing, name, value) => {
  const must = "an object with at least one of cost, tokens and calls";
  if (!isRecord(value)) refuse(doing, name, must, value);
  checkOptions(`${doing}: ${name}`, value, RULES);
  if (Object.values(value).every((limit) => limit === undefined)) refuse(doing, name, must, value);
};
