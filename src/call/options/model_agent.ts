/** An agent that asks a model, as its calls see it, and the hooks that they call. */
import { limiterFor } from "../../limits/adaptive_limiter.ts";
import type { Limiter } from "../../limits/limiter.ts";
import type { JsonSchema } from "../../model/message.ts";
import type { AgentError, ToolCall } from "../../model/result.ts";
import type { PreparedInput } from "../../output/prepare_input.ts";
import { refuseOwnFallback } from "../../resilience/fallback.ts";
import { type AgentOverrides, type ModelAgentOptions, withoutUndefined } from "./options.ts";
import type { PreparedOutput } from "../../output/prepare_output.ts";
import type { Prompt } from "./prompt_parts.ts";
import { type DefinedTool, toolsOf } from "./tool.ts";

/** An agent that asks a model, ready to be called. */
export interface ModelAgent extends ModelAgentOptions {
  /** Makes the prompt of a call; throws if the parameters do not fit. */
  readonly render: (params: unknown) => Prompt | Promise<Prompt>;
  /** What the prompt is made by, as it was defined. */
  readonly prompt?: unknown;
  /** Checks the parameters. */
  readonly input?: PreparedInput;
  /**
   * The JSON Schema of the parameters, as far as it is known.
   *
   * @throws {TypeError} If the schema that checks them has none.
   */
  readonly paramsSchema?: () => JsonSchema | undefined;
  /** Reads typed answers. */
  readonly output?: PreparedOutput;
  /** What the model may ask for; absent if that is nothing. */
  readonly tools?: readonly DefinedTool[];
  /** The agent's own limits. */
  readonly limiter?: Limiter;
  /** Moving averages of the tokens of its answers. Agents made by `with` share them. */
  readonly tokenAverages: {
    /** The length of an answer, in tokens. */
    outputTokens?: number;
    /** The tokens of a request for each that was estimated. */
    perEstimate?: number;
  };
}

/**
 * Completes an agent: with limits it gets a limiter of its own.
 *
 * @param doing What cannot be done if an option is wrong.
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
 * Returns a copy of the agent with other options. It shares the agent's limiter, unless it has
 * `limits` of its own.
 *
 * @param doing What cannot be done if an option is wrong.
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
  /** Takes the pieces of the answer; the next one is not read before this is done. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /** Told that there is more of a typed answer; reading it costs time. */
  readonly onPartial?: (read: () => unknown) => void | Promise<void>;
  /** Told that an attempt failed and that there will be another one. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Told that a model failed and that this one is asked next. */
  readonly onFallback?: (model: string, error: AgentError) => void;
  /** Told that a tool begins. */
  readonly onToolStart?: (tool: Pick<ToolCall, "id" | "name" | "args">) => void;
  /** Told that a tool has ended. */
  readonly onToolEnd?: (tool: ToolCall) => void;
}
