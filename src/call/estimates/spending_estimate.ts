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

/** Estimates the tokens of a request. `textTokens` is the estimate for its texts. */
export function estimateInput({ request, size }: Outgoing, textTokens: number): number {
  return size?.estimatedInput ?? textTokens + estimateOtherTokens(request);
}

/** Returns the size of a request, for an isolate that does not have it. */
export function requestSizeOf(call: Outgoing, textTokens: number): RequestSize {
  return {
    estimatedInput: estimateInput(call, textTokens),
    maxInput: maxInputOf(call),
    maxTokens: maxTokensOf(call.request.settings),
  };
}

function maxInputOf({ request, size }: Outgoing): number {
  // Schemas have more tokens than their letters suggest.
  return size?.maxInput ??
    maxTextTokens(request.messages) + Math.ceil(estimateOtherTokens(request) * 4 / 3);
}

/**
 * Estimates what an attempt may spend. The estimate changes with other answers while the attempt
 * waits.
 */
export class SpendingEstimate implements AttemptEstimate {
  readonly maxTokens: number | undefined;
  readonly history: AnswerHistory;
  /** The tokens of the request, as estimated without knowing any answer. */
  readonly estimatedInput: number;
  readonly #call: Outgoing;
  readonly #likelyInput: number;
  readonly #countsCost: boolean;
  #maxInput: number | undefined;
  #priced: { readonly tokens: number; readonly cost: Cost | undefined } | undefined;

  /** Estimates an attempt with this estimate of its texts, and this mean of its input tokens. */
  constructor(call: Outgoing, textTokens: number, likelyInput: number) {
    const { agent, request: { model, settings }, size, budgets } = call;
    this.#call = call;
    this.#likelyInput = likelyInput;
    this.#countsCost = budgets.some(({ countsCost }) => countsCost);
    this.history = historyOf(agent, model);
    this.maxTokens = size === undefined ? maxTokensOf(settings) : size.maxTokens;
    this.estimatedInput = estimateInput(call, textTokens);
  }

  get inputTokens(): number {
    return this.history.inputTokens(this.estimatedInput) ??
      (this.#maxInput ??= maxInputOf(this.#call));
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
