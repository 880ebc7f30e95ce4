/** An agent that asks a model, as its calls see it, and who is told what they do. */
import type { Limiter } from "../../limits/limiter.ts";
import type { AgentError } from "../../model/errors.ts";
import type { JsonSchema } from "../../model/message.ts";
import type { ToolCall } from "../../model/result.ts";
import type { PreparedInput } from "../../output/prepare_input.ts";
import type { ModelAgentOptions } from "./options.ts";
import type { PreparedOutput } from "../../output/prepare_output.ts";
import type { Prompt } from "../render_prompt.ts";
import type { DefinedTool } from "./tool.ts";

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
  /** What its answers were like until now. */
  readonly seen: {
    /** How long they are, in tokens. */
    outputTokens?: number;
    /** How many tokens a request has for each that was estimated. */
    perEstimate?: number;
  };
}

/** Told what a call does while it runs. */
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
