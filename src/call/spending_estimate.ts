/** Estimates what an attempt may spend, for the budgets that it reserves from. */
import { AnswerHistory } from "../limits/answer_history.ts";
import type { Estimate } from "../limits/expected_output.ts";
import { estimateOtherTokens, estimateTokens, maxTextTokens } from "../model/estimate_tokens.ts";
import type { ModelSettings } from "../model/message.ts";
import { reservedCost } from "../pricing/reserved_cost.ts";
import { configuration } from "./options/config.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import type { Outgoing, RequestSize } from "./outgoing.ts";

/** An estimate, and what is needed to learn from the answer. */
export interface SpendingEstimate extends Estimate {
  /** The tokens of the request, as estimated without knowing any answer. */
  readonly estimatedInput: number;
}

/** Estimates the tokens of a request. `textTokens` is the estimate for the texts of its messages. */
export function estimateInput({ request, size }: Outgoing, textTokens: number): number {
  return size?.estimatedInput ?? textTokens + estimateOtherTokens(request);
}

/** Returns the size of a request. `textTokens` is the estimate for the texts of its messages. */
export function sizeOf({ request }: Outgoing, textTokens: number): RequestSize {
  const other = estimateOtherTokens(request);
  return {
    estimatedInput: textTokens + other,
    // Schemas have more tokens than their letters suggest.
    maxInput: maxTextTokens(request.messages) + Math.ceil(other * 4 / 3),
    maxTokens: maxTokensOf(request.settings),
  };
}

/** Estimates what an attempt may spend. `likelyInput` is the mean of its input tokens. */
export function estimateSpending(call: Outgoing, likelyInput: number): SpendingEstimate {
  const { agent, request: { model, messages }, budgets } = call;
  const { estimatedInput, maxInput, maxTokens } = call.size ??
    sizeOf(call, estimateTokens(messages));
  const history = historyOf(agent, model);
  const inputTokens = history.inputTokens(estimatedInput) ?? maxInput;
  const cost = budgets.some(({ countsCost }) => countsCost)
    ? reservedCost(model, inputTokens, configuration().prices)
    : undefined;
  return {
    inputTokens,
    likelyInput: inputTokens === 0 ? 1 : Math.min(1, likelyInput / inputTokens),
    inputCost: cost?.input,
    outputCost: cost?.outputToken,
    maxTokens,
    history,
    estimatedInput,
  };
}

/** Returns what is known from the answers of a model to an agent. */
export function historyOf({ tokenAverages }: ModelAgent, model: string): AnswerHistory {
  const histories = tokenAverages.histories ??= new Map();
  let history = histories.get(model);
  if (history === undefined) histories.set(model, history = new AnswerHistory());
  return history;
}

/** The names under which a limit of the answer may be among the other fields of a request. */
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
