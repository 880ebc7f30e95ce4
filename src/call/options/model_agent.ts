/** The internal form of an agent that calls a model, and the hooks of its calls. */
import { limiterFor } from "../../limits/adaptive_limiter.ts";
import type { AnswerHistory } from "../../limits/answer_history.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { JsonSchema } from "../../model/message.ts";
import type { AgentError } from "../../model/result.ts";
import type { ToolCall } from "../../model/tool_call.ts";
import type { PreparedInput } from "../../output/prepare_input.ts";
import { refuseOwnFallback } from "../../resilience/fallback.ts";
import { type AgentOverrides, type ModelAgentOptions, withoutUndefined } from "./options.ts";
import type { PreparedOutput } from "../../output/prepare_output.ts";
import type { Prompt } from "./prompt_parts.ts";
import { type DefinedTool, toolsOf } from "./tool.ts";

/** An agent that calls a model, after its options were checked. */
export interface ModelAgent extends ModelAgentOptions {
  /** Renders the prompt of a call. Throws if the parameters are invalid. */
  readonly render: (params: unknown) => Prompt | Promise<Prompt>;
  /** Whether the caller's own prompt replaces that of the agent, as `ask` does. */
  readonly isPromptOverridden?: boolean;
  /** The `prompt` option, as it was defined. */
  readonly prompt?: unknown;
  /** Checks the parameters of a call. */
  readonly input?: PreparedInput;
  /**
   * Returns the JSON Schema of the parameters, or `undefined` if it is unknown.
   *
   * @throws {TypeError} If the `params` schema cannot be converted to a JSON Schema.
   */
  readonly paramsSchema?: () => JsonSchema | undefined;
  /** Parses and validates typed answers. */
  readonly output?: PreparedOutput;
  /** The tools that the model may call. Absent if there are none. */
  readonly tools?: readonly DefinedTool[];
  /** The limiter for the agent's own limits. */
  readonly limiter?: Limiter;
  /** Moving averages of the tokens of its answers. Agents made by `with` share them. */
  readonly tokenAverages: {
    /** The output tokens of an answer. */
    outputTokens?: number;
    /** The reported input tokens, divided by the estimate. */
    inputEstimateRatio?: number;
    /**
     * The statistics of the answers of each model, by the name of the model. Budgets reserve by
     * them.
     */
    histories?: Map<string, AnswerHistory>;
  };
}

/**
 * Creates an agent. If it has `limits`, it gets a limiter of its own.
 *
 * @param doing The action that fails if an option is invalid, for the message.
 * @throws {TypeError} If a fallback model is the agent's own model.
 */
export function createModelAgent(
  doing: string,
  agent: Omit<ModelAgent, "tokenAverages" | "limiter">,
): ModelAgent {
  refuseOwnFallback(doing, agent);
  const limiter = agent.limits && limiterFor(agent.limits);
  return { ...agent, limiter, tokenAverages: {} };
}

/**
 * Returns a copy of the agent with other options. The copy shares the agent's limiter, unless
 * `limits` is overridden.
 *
 * @param doing The action that fails if an option is invalid, for the message.
 * @throws {TypeError} If a fallback model is the agent's own model.
 */
export function changeModelAgent(
  doing: string,
  agent: ModelAgent,
  { tools, ...overrides }: AgentOverrides,
): ModelAgent {
  const changed = {
    ...agent,
    ...withoutUndefined(overrides),
    ...(tools !== undefined && { tools: toolsOf(tools) }),
    ...(overrides.limits !== undefined && { limiter: limiterFor(overrides.limits) }),
  };
  refuseOwnFallback(doing, changed);
  return changed;
}

/** The hooks of a call. */
export interface CallHooks {
  /** Receives the pieces of the answer. Each piece waits until the previous one is consumed. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /** Receives the deltas of the model's reasoning, as `onDelta` receives those of the answer. */
  readonly onReasoning?: (text: string) => void | Promise<void>;
  /** Called when more of a typed answer has arrived. `read` parses it, which is expensive. */
  readonly onPartial?: (read: () => unknown) => void | Promise<void>;
  /** Called when an attempt failed and will be retried. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Called when a model failed, with the fallback model that is called next. */
  readonly onFallback?: (model: string, error: AgentError) => void;
  /** Called when a tool starts. */
  readonly onToolStart?: (tool: Pick<ToolCall, "id" | "name" | "args">) => void;
  /** Called when a tool has ended. */
  readonly onToolEnd?: (tool: ToolCall) => void;
}
