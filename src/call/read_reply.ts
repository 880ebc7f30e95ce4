import { untilAbort } from "../async/abort.ts";
import type { AgentError } from "../model/result.ts";
import type { FinishReason, ModelReply } from "../model/message.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import type { Parsed, PreparedOutput } from "../output/prepare_output.ts";
import { ownCodeError } from "./own_code_error.ts";
import type { Trace } from "./trace.ts";

/** The parsed answer of a model. */
export interface Answer {
  /** The text, or the typed answer. */
  readonly content: unknown;
  /** Why the model stopped. */
  readonly finishReason: FinishReason;
  /** What it was read from; it may ask for tools. */
  readonly reply: ModelReply;
}

/**
 * What a reply says.
 *
 * @throws {AgentError} If it says nothing that can be used.
 */
export function readReply(
  reply: ModelReply,
  { output, tools }: ModelAgent,
  trace: Trace,
  signal: AbortSignal,
): Answer | Promise<Answer> {
  const { text, finishReason, refusal, toolCalls } = reply;
  if (refusal !== undefined || finishReason === "content_filter") {
    const why = refusal === undefined
      ? "a content filter stopped the answer"
      : "the model refused to answer";
    throw trace.make(`Cannot finish the call of "${trace.agent}" as ${why}`, {
      code: "filtered",
      text: refusal ?? text,
      finishReason,
    });
  }
  const asksForTools = tools !== undefined && toolCalls !== undefined && toolCalls.length > 0;
  // Truncated arguments cannot be completed, and an empty text is not part of an answer: a model
  // may spend all its tokens on reasoning.
  if (finishReason === "length" && (asksForTools || text === "")) throw truncated(text, trace);
  if (asksForTools || output === undefined) return { content: text, finishReason, reply };
  return readTyped(reply, output, trace, signal);
}

async function readTyped(
  reply: ModelReply,
  output: PreparedOutput,
  trace: Trace,
  signal: AbortSignal,
): Promise<Answer> {
  const { text, finishReason } = reply;
  let parsed: Parsed;
  try {
    parsed = await untilAbort(output.parse(text), signal);
  } catch (cause) {
    throw ownCodeError(trace, "output schema", cause, { text });
  }
  if (parsed.ok) return { content: parsed.content, finishReason, reply };
  if (finishReason === "length") throw truncated(text, trace);
  throw trace.make(
    `Cannot finish the call of "${trace.agent}" ` +
      `as the answer does not match its schema: \`issues\` lists the problems`,
    { code: "invalid_output", issues: parsed.issues, text, finishReason },
  );
}

function truncated(text: string, trace: Trace): AgentError {
  return trace.make(
    `Cannot finish the call of "${trace.agent}" ` +
      `as the answer reached its limit of tokens: raise maxTokens`,
    { code: "truncated", text, finishReason: "length" },
  );
}
