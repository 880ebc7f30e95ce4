import { InputHistory } from "./input_history.ts";
import { LengthsByDuration } from "./lengths_by_duration.ts";

/** The assumed tokens of an answer, until an agent has received some. */
export const DEFAULT_OUTPUT_TOKENS = 200;

/** The number of answers that the slow mean covers, and the number for the fast one. */
const SLOW = 1_000;
const FAST = 32;

/** The share by which a maximum shrinks with each answer, so that an old one is forgotten. */
const FORGET = 1 / 2_000;

/** The statistics of the answers of one model to one agent. Budgets reserve by them. */
export class AnswerHistory {
  /** The number of answers. */
  count = 0;
  /** The output tokens of the longest answer. */
  longest = 0;
  /** The tokens of requests. */
  readonly inputs: InputHistory = new InputHistory();
  #slow = 0;
  #fast = 0;
  readonly #durations = new LengthsByDuration();
  #pending = 0;
  #pendingTokens = 0;
  #overrun = 1;
  #surcharge = 1;

  /** Adds an answer. */
  add(outputTokens: number, durationMs: number): void {
    this.count++;
    this.#slow += (outputTokens - this.#slow) / Math.min(this.count, SLOW);
    this.#fast += (outputTokens - this.#fast) / Math.min(this.count, FAST);
    this.longest = Math.max(outputTokens, this.longest * (1 - FORGET));
    this.#durations.add(outputTokens, durationMs);
  }

  /** Adds an answer whose length was limited. Some servers do not count reasoning, for example. */
  addLimited(maxTokens: number, outputTokens: number): void {
    this.#overrun = Math.max(outputTokens / maxTokens, this.#overrun);
  }

  /** Adds the price of the tokens of an answer, and what it cost. */
  addCost(price: number, cost: number): void {
    if (!(price > 0 && cost >= 0 && cost < Infinity)) return;
    const ratio = cost / price;
    // A difference by rounding is no surcharge.
    this.#surcharge = Math.max(1, this.#surcharge * (1 - FORGET), ratio > 1 + 1e-9 ? ratio : 1);
  }

  /** The mean length of all answers, in output tokens; that of usual answers before the first. */
  get typical(): number {
    return this.count === 0 ? DEFAULT_OUTPUT_TOKENS : this.#slow;
  }

  /** Adds an answer that is pending, or removes it: `tokens` is negative then. */
  addPending(count: 1 | 0 | -1, tokens: number): void {
    this.#pending += count;
    this.#pendingTokens = this.#pending === 0 ? 0 : this.#pendingTokens + tokens;
  }

  /** The mean length of all answers, or of the latest ones if these are longer. */
  get mean(): number {
    return Math.max(this.#slow, this.#fast);
  }

  /**
   * The mean length of all answers and of what pending ones are expected to have. Short answers
   * arrive before long ones, so that the mean of the answers alone is too small.
   */
  get meanWithPending(): number {
    const count = Math.min(this.count, SLOW);
    return (this.#slow * count + this.#pendingTokens) / (count + this.#pending);
  }

  /** The mean length of answers that took at least `ageOf(step)`; `undefined` if none did. */
  meanAfter(step: number): number | undefined {
    return this.#durations.meanAfter(step);
  }

  /** The output tokens of the longest limited answer for each token of its limit, at least 1. */
  get overrun(): number {
    return this.#overrun;
  }
  /** The highest cost of an answer for each dollar of its price, at least 1. */
  get surcharge(): number {
    return this.#surcharge;
  }
}
