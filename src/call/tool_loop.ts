/**
 * The loop of a call with tools: runs the tools that the model requests and sends it their results,
 * until it answers.
 */
import type { Message, ToolRequest } from "../model/message.ts";
import type { Answer } from "./read_reply.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import type { CallOptions } from "./options/options.ts";
import type { Trace } from "./trace.ts";

const MAX_STEPS = 10;
const TOOL_CONCURRENCY = 5;

/** How many answers there may be, and how many tools of one answer run at the same time. */
export function stepsOf(agent: ModelAgent, options: CallOptions) {
  return {
    maxSteps: options.maxSteps ?? agent.maxSteps ?? MAX_STEPS,
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
  /** How many answers there were. */
  answers: number;
  /** Whether one of them was requested, rather than cached. */
  requested: boolean;
}

/** What {@linkcode runToolLoop} needs. */
export interface ToolLoopOptions {
  /** The agent. */
  readonly agent: ModelAgent;
  /** The call. */
  readonly trace: Trace;
  /** The most answers there may be. */
  readonly maxSteps: number;
  /** Asks the model. */
  readonly requestAnswer: (messages: readonly Message[]) => Promise<Answer>;
  /** Runs tools and returns their messages for the model. */
  readonly runTools: (requests: readonly ToolRequest[]) => Promise<readonly Message[]>;
}

/**
 * Asks until there is an answer that asks for no tools.
 *
 * @throws {AgentError} With the code `tool` if there is none within `maxSteps`.
 */
export async function runToolLoop(
  conversation: Conversation,
  { agent, trace, maxSteps, requestAnswer, runTools }: ToolLoopOptions,
): Promise<Answer> {
  for (;;) {
    trace.beginRound();
    const answer = await requestAnswer(conversation.messages);
    conversation.answers++;
    conversation.requested ||= !trace.cached;
    trace.cached = !conversation.requested;
    const { text, toolCalls = [], providerData } = answer.reply;
    if (agent.tools === undefined || toolCalls.length === 0) return answer;
    if (conversation.answers >= maxSteps) {
      throw trace.make(
        `Cannot finish the call of "${trace.agent}" ` +
          `as the model still asks for tools after ${maxSteps} steps: raise maxSteps`,
        { code: "tool", text },
      );
    }
    conversation.messages = [
      ...conversation.messages,
      // What the provider wants to have back beside it: a reasoning model's thoughts.
      {
        role: "assistant",
        content: text,
        toolCalls,
        ...(providerData !== undefined && { providerData }),
      },
      ...await runTools(toolCalls),
    ];
  }
}
