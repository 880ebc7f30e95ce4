/** How many output tokens a budget reserves for an attempt. */
import type { AnswerHistory } from "./answer_history.ts";

/** What an attempt may spend, as far as that is known before it is sent. */
export interface AttemptEstimate {
  /** The input tokens, at most. */
  readonly inputTokens: number;
  /**
   * The tokens that the server may add to the input, if no earlier answer shows how many.
   *
   * @default {0}
   */
  readonly addedInput?: number;
  /** The input tokens that are likely, as a share of `inputTokens`. */
  readonly likelyInput: number;
  /** The price of `inputTokens`, in US dollars; absent if unknown. */
  readonly inputCost?: number;
  /** The price of one output token, in US dollars; absent if unknown. */
  readonly outputCost?: number;
  /** The limit of the output tokens; absent if there is none. */
  readonly maxTokens?: number;
  /** The earlier answers. */
  readonly history: AnswerHistory;
}

/** The output tokens of an attempt. */
export interface ExpectedOutput {
  /** The mean, if many are in flight. */
  readonly mean: number;
  /** The maximum. */
  readonly most: number;
  /** Whether these are the lengths of earlier answers, so that this one may be longer. */
  readonly isLearned: boolean;
}

/**
 * The length that is assumed as long as nothing is known of an answer, in output tokens. Hardly any
 * agent has longer answers on average, so that the first attempts do not exceed a budget.
 */
export const UNKNOWN_OUTPUT = 16_384;

/** How many attempts of a budget may rely on answers that this budget has not seen. */
const HANDFUL = 8;

/**
 * Returns the output tokens to expect of an attempt.
 *
 * An attempt with `maxTokens` reserves them. Without, it reserves by earlier answers: more than
 * these if there are few of them for each attempt in flight, as they may be shorter than the
 * others. An attempt of which nothing is known reserves {@linkcode UNKNOWN_OUTPUT}, so that only a
 * large budget has many of these in flight.
 *
 * @param inFlight The attempts of the budget in flight.
 * @param answered The attempts of the budget that were answered.
 */
export function expectedOutput(
  { maxTokens, history }: AttemptEstimate,
  inFlight: number,
  answered: number,
): ExpectedOutput {
  if (maxTokens !== undefined) {
    const tokens = Math.ceil(maxTokens * history.overrun);
    return { mean: tokens, most: tokens, isLearned: false };
  }
  const unknown = unknownOutput(history.mean);
  const { count, longest } = history;
  if (count === 0 || inFlight >= HANDFUL + 2 * answered) return unknown;
  // If answers grow steadily, the one after `inFlight` more is that much longer.
  const growth = 1 + inFlight / Math.min(count, answered + HANDFUL);
  const withPending = Math.min(history.meanWithPending * growth, UNKNOWN_OUTPUT);
  const mean = Math.max(withPending, history.mean * growth);
  if (mean === UNKNOWN_OUTPUT) return unknown;
  return { mean, most: Math.max(mean, longest * growth), isLearned: true };
}

/** Returns the tokens to expect of an answer of which only the minimum, `least`, is known. */
export function unknownOutput(least: number): ExpectedOutput {
  const tokens = Math.max(UNKNOWN_OUTPUT, Math.ceil(least));
  return { mean: tokens, most: tokens, isLearned: false };
}
