import type { ListItem } from "../async/linked_list.ts";
import { COST, validAmount } from "./cost_units.ts";
import { type AttemptEstimate, type ExpectedOutput, unknownOutput } from "./expected_output.ts";
import { ageOf } from "./lengths_by_duration.ts";
import type { Amount, Reservation } from "./reservation.ts";
import { type Share, shareOf } from "./reserved_sum.ts";

/** What a budget holds for an attempt in flight. */
export class Held implements Reservation, ListItem<Held> {
  /** The item before it in its list. */
  previous: Held | undefined;
  /** The item after it in its list. */
  next: Held | undefined;
  /** What may be spent in units of cost. */
  cost!: Share;
  /** What may be spent in tokens. */
  tokens!: Share;
  /** How often the reservation was extended. */
  extensions = 0;
  /** Whether it can be extended. */
  mayExtend: boolean;
  readonly #estimate: AttemptEstimate;
  readonly #since: number;
  #output: Pick<ExpectedOutput, "mean" | "most">;
  #onSettle: ((held: Held, actual: Amount | undefined) => void) | undefined;

  /** Reserves the output of an attempt that begins now. */
  constructor(
    estimate: AttemptEstimate,
    output: ExpectedOutput,
    now: number,
    onSettle: (held: Held, actual: Amount | undefined) => void,
  ) {
    this.#estimate = estimate;
    this.#onSettle = onSettle;
    this.#since = now;
    this.mayExtend = output.isLearned;
    this.#output = output;
    this.#share();
  }

  /** Ends it; see {@linkcode Reservation}. */
  settle(actual: Amount | undefined): void {
    const onSettle = this.#onSettle;
    this.#onSettle = undefined;
    onSettle?.(this, actual);
  }

  /** When the attempt has taken so long that more is to be reserved. */
  get overdueAt(): number {
    return this.#since + ageOf(this.extensions);
  }

  /**
   * Reserves the mean of the answers that took as long. If there are none, nothing is known of this
   * answer.
   */
  extend(): void {
    const { history } = this.#estimate;
    const likely = history.meanAfter(this.extensions);
    this.extensions++;
    this.mayExtend = likely !== undefined;
    const mean = Math.max(this.#output.mean, likely ?? unknownOutput(history.longest).mean);
    this.#output = { mean, most: Math.max(mean, this.#output.most) };
    this.#share();
  }

  /** Adds the answer to the pending ones, or removes it. */
  addPending(sign: 1 | -1): void {
    const { history, maxTokens } = this.#estimate;
    if (maxTokens === undefined) history.addPending(sign, sign * this.#output.mean);
  }

  #share(): void {
    const { inputTokens, addedInput = 0, inputCost, outputCost } = this.#estimate;
    const perToken = (validAmount(outputCost) ?? 0) * COST;
    const added = addedInput / Math.max(1, inputTokens);
    const cost = (validAmount(inputCost) ?? 0) * (1 + added);
    this.cost = shareOf(cost * COST, perToken, this.#output);
    this.tokens = shareOf(inputTokens + addedInput, 1, this.#output);
  }
}
