/** Estimates what an attempt may spend, for the budgets that it reserves from. */
import { AnswerHistory } from "../../limits/answer_history.ts";
import type { AttemptEstimate } from "../../limits/expected_output.ts";
import { estimateOtherTokens, maxTextTokens } from "../../model/estimate_tokens.ts";
import type { ModelSettings } from "../../model/message.ts";
import { type Cost, plainUsage, type Usage } from "../../model/usage.ts";
import { reservationCost } from "../../pricing/reservation_cost.ts";
import { configuration } from "../options/config.ts";
import type { ModelAgent } from "../options/model_agent.ts";
import { providerPriceDetails } from "../pricing/price_details.ts";
import type { Outgoing, RequestSize } from "../outgoing.ts";

/** Measures a request. `textTokens` is the estimate for its texts. */
export function requestSizeOf({ request, size }: Outgoing, textTokens: number): RequestSize {
  if (size !== undefined) return size;
  const others = estimateOtherTokens(request);
  return {
    estimatedInput: textTokens + others,
    // Schemas have more tokens than their letters suggest.
    maxInput: maxTextTokens(request.messages) + Math.ceil(others * 4 / 3),
    maxTokens: maxTokensOf(request.settings),
  };
}

/**
 * Estimates what an attempt may spend. The estimate changes with other answers while the attempt
 * waits.
 */
export class SpendingEstimate implements AttemptEstimate {
  readonly history: AnswerHistory;
  /** The size of the request, as estimated without knowing any answer. */
  readonly size: RequestSize;
  readonly #call: Outgoing;
  readonly #likelyInput: number;
  readonly #countsCost: boolean;
  #priced: { readonly tokens: number; readonly cost: Cost | undefined } | undefined;

  /** Estimates an attempt with this estimate of its texts, and this mean of its input tokens. */
  constructor(call: Outgoing, textTokens: number, likelyInput: number) {
    const { agent, request: { model }, budgets } = call;
    this.#call = call;
    this.#likelyInput = likelyInput;
    this.#countsCost = budgets.some(({ countsCost }) => countsCost);
    this.history = historyOf(agent, model);
    this.size = requestSizeOf(call, textTokens);
  }

  get maxTokens(): number | undefined {
    return this.size.maxTokens;
  }

  get inputTokens(): number {
    return this.history.inputs.tokensOf(this.size);
  }

  get addedInput(): number {
    return this.history.inputs.isKnown(this.size) ? 0 : ADDED_INPUT;
  }

  get likelyInput(): number {
    const { inputTokens } = this;
    return inputTokens === 0 ? 1 : Math.min(1, this.#likelyInput / inputTokens);
  }

  get inputCost(): number | undefined {
    const cost = this.#cost();
    return cost && cost.input * this.history.surcharge;
  }

  get outputCost(): number | undefined {
    const cost = this.#cost();
    return cost && cost.output / SAMPLE * this.history.surcharge;
  }

  /** Learns how much more an answer cost than its tokens suggest. */
  learnCost({ inputTokens, outputTokens }: Usage, actual: number | undefined): void {
    const cost = this.#cost();
    if (cost === undefined || actual === undefined) return;
    const ofInput = this.inputTokens === 0 ? 0 : cost.input / this.inputTokens * inputTokens;
    this.history.addCost(ofInput + cost.output / SAMPLE * outputTokens, actual);
  }

  #cost(): Cost | undefined {
    if (!this.#countsCost) return undefined;
    const tokens = this.inputTokens;
    if (this.#priced?.tokens !== tokens) {
      const { provider, request: { model, settings } } = this.#call;
      const details = providerPriceDetails(provider, model, settings);
      const { prices } = configuration();
      const cost = reservationCost(model, plainUsage(tokens, SAMPLE), prices, details);
      this.#priced = { tokens, cost };
    }
    return this.#priced!.cost;
  }
}

/**
 * The tokens that a server may add to a request: the prompt templates of some models include
 * instructions, such as the 70 tokens of gpt-oss.
 */
const ADDED_INPUT = 100;

/** The number of output tokens that are priced together, to find the price of one. */
const SAMPLE = 1_000;

/** Returns the statistics of the answers of a model to an agent. */
export function historyOf({ tokenAverages }: ModelAgent, model: string): AnswerHistory {
  const histories = tokenAverages.histories ??= new Map();
  let history = histories.get(model);
  if (history === undefined) histories.set(model, history = new AnswerHistory());
  return history;
}

/** The fields of `extra` that limit the output tokens. */
const LIMIT_FIELDS = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

/** Returns the limit of the output tokens. Fields in `extra` replace `maxTokens`. */
function maxTokensOf({ maxTokens, extra }: ModelSettings): number | undefined {
  if (extra === undefined) return maxTokens;
  for (const name of LIMIT_FIELDS) {
    const limit = extra[name];
    if (typeof limit === "number" && limit > 0) return limit;
    if (limit === null) return undefined;
  }
  return maxTokens;
}
