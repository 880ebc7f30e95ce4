/**
 * The loop of a call with tools: runs the tools that the model requests and sends it their results,
 * until it answers.
 */
import type { Message, ToolRequest } from "../../model/message.ts";
import { AgentError } from "../../model/result.ts";
import type { Answer } from "../read_reply.ts";
import type { ModelAgent } from "../options/model_agent.ts";
import type { CallOptions } from "../options/options.ts";
import type { Trace } from "../trace.ts";

const MAX_STEPS = 10;
const MAX_TOOL_CALLS = 64;
const TOOL_CONCURRENCY = 5;

/** The limits of a call with tools. */
export interface ToolLimits {
  /** The maximum number of answers. */
  readonly maxSteps: number;
  /** What happens if the last answer requests tools. */
  readonly onMaxSteps: "error" | "answer";
  /** The maximum number of tools that one answer may call. */
  readonly maxToolCalls: number;
  /** The maximum number of tools of one answer that run at the same time. */
  readonly toolConcurrency: number;
}

/** Returns the limits of a call. Those of the call override those of the agent. */
export function toolLimitsOf(agent: ModelAgent, options: CallOptions): ToolLimits {
  return {
    maxSteps: options.maxSteps ?? agent.maxSteps ?? MAX_STEPS,
    onMaxSteps: options.onMaxSteps ?? agent.onMaxSteps ?? "error",
    maxToolCalls: options.maxToolCalls ?? agent.maxToolCalls ?? MAX_TOOL_CALLS,
    toolConcurrency: options.toolConcurrency ?? agent.toolConcurrency ?? TOOL_CONCURRENCY,
  };
}

/**
 * A conversation. It is kept on a fallback: the next model continues where the previous one failed,
 * and no tool runs twice.
 */
export interface Conversation {
  /** The messages. */
  messages: readonly Message[];
  /** The number of answers. */
  answers: number;
  /** Whether one of them was requested, rather than cached. */
  requested: boolean;
}

/**
 * Whether a request allows tool calls, describes the tools only, or has no tools at all.
 */
export type ToolUse = "allowed" | "described" | "absent";

/** What {@linkcode runToolLoop} needs. */
export interface ToolLoopOptions extends ToolLimits {
  /** The agent. */
  readonly agent: ModelAgent;
  /** The call. */
  readonly trace: Trace;
  /** Requests an answer of the model. */
  readonly requestAnswer: (messages: readonly Message[], tools: ToolUse) => Promise<Answer>;
  /** Runs tools and returns their messages for the model. */
  readonly runTools: (requests: readonly ToolRequest[]) => Promise<readonly Message[]>;
  /** Called with the messages of a finished round, before the next request. */
  readonly onRound?: (messages: readonly Message[], reasoning?: string) => Promise<void>;
}

/**
 * Requests answers until one of them requests no tools.
 *
 * @throws {AgentError} With the code `tool` if there is none within `maxSteps`.
 */
export async function runToolLoop(
  conversation: Conversation,
  options: ToolLoopOptions,
): Promise<Answer> {
  const { trace, maxSteps, onMaxSteps, runTools, onRound } = options;
  while (conversation.answers < maxSteps) {
    const answer = await request(conversation, options, "allowed");
    const requests = toolRequestsOf(answer);
    if (requests.length === 0) return answer;
    if (conversation.answers >= maxSteps && onMaxSteps === "error") {
      addRound(conversation, options, answer, requests.map(notRun));
      throw stillRequesting(options, answer.reply.text);
    }
    const round = addRound(conversation, options, answer, await runTools(requests));
    if (onRound !== undefined) await onRound(round, answer.reply.reasoning);
  }
  if (onMaxSteps === "error") throw stillRequesting(options, undefined);
  // Some servers ignore or reject `toolChoice`. They get a request without tools. Others reject
  // such a request after tool calls, so it comes second.
  const answer = await request(conversation, options, "described").catch(unlessRejected);
  if (answer !== undefined && toolRequestsOf(answer).length === 0) return answer;
  const last = await request(conversation, options, "absent");
  if (last.reply.text !== "" || toolRequestsOf(last).length === 0) return last;
  throw trace.make(
    `Cannot finish the call of "${trace.agent}" as the model still calls tools after ` +
      `${maxSteps} steps, in a request without tools: raise maxSteps`,
    { code: "tool" },
  );
}

/** Returns `undefined` if the server rejected the request as invalid. */
function unlessRejected(error: unknown): undefined {
  const isRejected = error instanceof AgentError && error.code === "provider" &&
    (error.status === 400 || error.status === 422);
  if (!isRejected) throw error;
}

async function request(
  conversation: Conversation,
  { trace, requestAnswer }: ToolLoopOptions,
  tools: ToolUse,
): Promise<Answer> {
  trace.beginRound();
  const answer = await requestAnswer(conversation.messages, tools);
  conversation.answers++;
  conversation.requested ||= !trace.cached;
  trace.cached = !conversation.requested;
  return answer;
}

function toolRequestsOf({ reply }: Answer): readonly ToolRequest[] {
  return reply.toolCalls ?? [];
}

/** Adds an answer and the results of its tools, and returns their messages. */
function addRound(
  conversation: Conversation,
  { agent, trace }: ToolLoopOptions,
  { reply: { text, toolCalls, reasoning, providerData } }: Answer,
  results: readonly Message[],
): readonly Message[] {
  trace.addReasoning(reasoning);
  const round: readonly Message[] = [
    // `providerData` is what the server requires with the results, such as reasoning.
    {
      role: "assistant",
      content: text,
      toolCalls,
      ...(providerData !== undefined && { providerData }),
    },
    ...results,
  ];
  addMessages(conversation, agent, trace, round);
  return round;
}

/** Adds the messages of a round to the conversation, and to that of a later error. */
export function addMessages(
  conversation: Conversation,
  { system }: ModelAgent,
  trace: Trace,
  round: readonly Message[],
): void {
  conversation.messages = [...conversation.messages, ...round];
  const { messages } = conversation;
  trace.messages = system === undefined ? messages : messages.slice(1);
}

/** Completes the conversation of an error, so that a server accepts it. */
function notRun({ id }: ToolRequest): Message {
  return { role: "tool", toolCallId: id, content: "Error: Not run: the steps were used up" };
}

function stillRequesting({ trace, maxSteps }: ToolLoopOptions, text: string | undefined) {
  return trace.make(
    `Cannot finish the call of "${trace.agent}" as the model still requests tools after ` +
      `${maxSteps} steps: raise maxSteps`,
    { code: "tool", text },
  );
}
