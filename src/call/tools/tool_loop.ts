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
  /** Asks the model. */
  readonly requestAnswer: (messages: readonly Message[], tools: ToolUse) => Promise<Answer>;
  /** Runs tools and returns their messages for the model. */
  readonly runTools: (requests: readonly ToolRequest[]) => Promise<readonly Message[]>;
  /** Called with the messages of a finished round, before the next request. */
  readonly onRound?: (messages: readonly Message[], reasoning?: string) => Promise<void>;
}

/**
 * Asks until there is an answer that asks for no tools.
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
      throw stillAsking(options, answer.reply.text);
    }
    const round = addRound(conversation, options, answer, await runTools(requests));
    if (onRound !== undefined) await onRound(round, answer.reply.reasoning);
  }
  if (onMaxSteps === "error") throw stillAsking(options, undefined);
  // Some servers ignore or reject that no tool may be called. They get a request without tools,
  // which others reject after tool calls.
  const answer = await request(conversation, options, "described").catch(unlessRejected);
  if (answer !== undefined && toolRequestsOf(answer).length === 0) return answer;
  const last = await request(conversation, options, "absent");
  if (last.reply.text !== "" || toolRequestsOf(last).length === 0) return last;
  throw trace.make(
    `Cannot finish the call of "${trace.agent}" as after ${maxSteps} steps the model calls tools ` +
      "that it was not offered: raise maxSteps",
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
    // What the provider wants to have back beside it: a reasoning model's thoughts.
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

function stillAsking({ trace, maxSteps }: ToolLoopOptions, text: string | undefined) {
  return trace.make(
    `Cannot finish the call of "${trace.agent}" as the model still asks for tools after ` +
      `${maxSteps} steps: raise maxSteps`,
    { code: "tool", text },
  );
}
