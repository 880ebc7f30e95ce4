import { LengthsByDuration } from "./lengths_by_duration.ts";

/** How many answers the slow mean goes back, and how many the fast one. */
const SLOW = 1_000;
const FAST = 32;

/** The share by which a maximum shrinks with each answer, so that an old one is forgotten. */
const FORGET = 1 / 2_000;

/** What is known from the answers of one model to one agent. Budgets reserve by it. */
export class AnswerHistory {
  /** The number of answers. */
  count = 0;
  /** The output tokens of the longest answer. */
  longest = 0;
  #slow = 0;
  #fast = 0;
  readonly #durations = new LengthsByDuration();
  #pending = 0;
  #pendingTokens = 0;
  #inputs = 0;
  #inputRatio = 0;
  #overrun = 1;

  /** Adds an answer. */
  add(outputTokens: number, durationMs: number): void {
    this.count++;
    this.#slow += (outputTokens - this.#slow) / Math.min(this.count, SLOW);
    this.#fast += (outputTokens - this.#fast) / Math.min(this.count, FAST);
    this.longest = Math.max(outputTokens, this.longest * (1 - FORGET));
    this.#durations.add(outputTokens, durationMs);
  }

  /** Adds the estimate of a request, and the tokens that the server counted. */
  addInput(estimate: number, tokens: number): void {
    if (estimate <= 0) return;
    this.#inputs++;
    this.#inputRatio = Math.max(tokens / estimate, this.#inputRatio * (1 - FORGET));
  }

  /** Adds an answer whose length was limited. Some servers do not count thoughts, for example. */
  addLimited(maxTokens: number, outputTokens: number): void {
    this.#overrun = Math.max(outputTokens / maxTokens, this.#overrun);
  }

  /** The mean length of all answers, in output tokens. */
  get typical(): number {
    return this.#slow;
  }

  /** Adds an answer that is pending, or removes it: `tokens` is negative then. */
  addPending(count: 1 | 0 | -1, tokens: number): void {
    this.#pending += count;
    this.#pendingTokens = this.#pending === 0 ? 0 : this.#pendingTokens + tokens;
  }

  /**
   * The mean length to expect. It includes what pending answers are expected to have, since short
   * answers arrive before long ones, and is not below that of the latest answers, since answers may
   * become longer.
   */
  get mean(): number {
    const count = Math.min(this.count, SLOW);
    const sum = this.#slow * count + this.#pendingTokens;
    return Math.max(sum / (count + this.#pending), this.#fast);
  }

  /** The mean length of answers that took at least `ageOf(step)`; `undefined` if none did. */
  meanAfter(step: number): number | undefined {
    return this.#durations.meanAfter(step);
  }

  /**
   * The tokens of a request for each estimated one, at most; `undefined` before the first answer.
   * The first answers say less, so that a margin is added to them.
   */
  get inputRatio(): number | undefined {
    return this.#inputs === 0 ? undefined : this.#inputRatio * (1 + 0.25 / this.#inputs);
  }

  /** The output tokens of the longest limited answer for each token of its limit, at least 1. */
  get overrun(): number {
    return this.#overrun;
  }
}
