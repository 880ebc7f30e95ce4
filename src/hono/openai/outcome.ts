/** The outcome of a call in the terms of OpenAI's API, where a refusal is an answer. */
import { stringifyExact } from "../../model/exact_json.ts";
import { AgentError, type Result } from "../../model/result.ts";
import type { Usage } from "../../model/usage.ts";
import { decisiveError } from "../public_error.ts";

/** The outcome of a call. */
export interface Outcome {
  /** The answer; anything but a string as JSON. Empty if the model refused. */
  readonly text: string;
  /** The text of the refusal, if the model refused. */
  readonly refusal?: string;
  /** Why the model stopped. */
  readonly finishReason: "stop" | "length" | "content_filter";
  /** The usage of the call. */
  readonly usage: Usage;
}

/** The finish reasons other than `stop` that clients of OpenAI's API know. */
const FINISH_REASONS = ["length", "content_filter"] as const;

/**
 * Maps a result to an outcome.
 *
 * @throws {AgentError} If the call failed and there is no answer.
 */
export function toOutcome(result: Result): Outcome {
  if (!result.ok) return recoverOutcome(result.error);
  const { content, finishReason, usage } = result;
  return {
    text: typeof content === "string" ? content : stringifyExact(content ?? null),
    finishReason: FINISH_REASONS.find((reason) => reason === finishReason) ?? "stop",
    usage,
  };
}

/**
 * Maps an error to an outcome: a refusal, an answer that was filtered, or one that reached its
 * limit of tokens. OpenAI's server sends these as answers, and its clients have a field for each.
 *
 * @throws Anything else is rethrown.
 */
export function recoverOutcome(thrown: unknown): Outcome {
  if (!(thrown instanceof AgentError)) throw thrown;
  const { usage } = thrown;
  const { code, finishReason, text = "" } = decisiveError(thrown);
  // Without a finish reason, the server rejected the request or did not end its answer.
  if (finishReason === undefined) throw thrown;
  if (code === "truncated") return { text, finishReason: "length", usage };
  if (code !== "filtered") throw thrown;
  return finishReason === "content_filter"
    ? { text, finishReason: "content_filter", usage }
    : { text: "", refusal: text, finishReason: "stop", usage };
}
