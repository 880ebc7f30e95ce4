import type { ContentPart, ExtraFields } from "./content_part.ts";
import type { RateReport } from "./rate_report.ts";
import type { RejectedRequest, ResponseInfo } from "./response_info.ts";
import type { Billing } from "./usage.ts";

/** The values of a message's `role`. */
export const ROLES: readonly Message["role"][] = [
  "system",
  "developer",
  "user",
  "assistant",
  "tool",
];

/** One message of a conversation. */
export interface Message extends ExtraFields {
  /**
   * The author of the message. `developer` is the name of OpenAI's newer models for `system`; it is
   * sent as it is.
   */
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  /** The content; for a tool, its result as text. */
  readonly content: string | readonly ContentPart[];
  /** The tool calls that the model requested; only in messages of the assistant. */
  readonly toolCalls?: readonly ToolRequest[];
  /** The id of the tool call that this message answers; only in messages of a tool. */
  readonly toolCallId?: string;
  /**
   * Data of the provider that must be sent back with this message unchanged; only in messages of
   * the assistant. It may repeat the message, so code that changes the message must remove it.
   */
  readonly providerData?: unknown;
}

/** A tool call that the model requests. */
export interface ToolRequest extends ExtraFields {
  /** The provider's id of the request. */
  readonly id: string;
  /** The tool's name. */
  readonly name: string;
  /** The arguments as the model wrote them: usually JSON. */
  readonly args: string;
}

/** A tool that the model may call. */
export interface ToolSpec {
  /** The name: up to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it does, and when to use it. */
  readonly description?: string;
  /** The JSON Schema of its arguments: an object. */
  readonly parameters: JsonSchema;
}

/**
 * Settings of the model. Absent settings are not sent: the server's own defaults apply. The server
 * also checks the bounds of those that are sent.
 */
export interface ModelSettings {
  /**
   * The sampling temperature, usually from 0 to 2.
   *
   * @default The server's
   */
  readonly temperature?: number;
  /**
   * The maximum number of tokens of the answer, reasoning included: a positive integer. An answer
   * that reaches it is cut off. If its text can be used, the call succeeds with the `finishReason`
   * `length`; otherwise it fails with the code `truncated`.
   *
   * @default The server's
   */
  readonly maxTokens?: number;
  /**
   * The probability mass of nucleus sampling, above 0 and up to 1.
   *
   * @default The server's
   */
  readonly topP?: number;
  /**
   * Strings that end the answer.
   *
   * @default None
   */
  readonly stop?: string | readonly string[];
  /**
   * The seed for repeatable answers, if the provider supports it.
   *
   * @default None
   */
  readonly seed?: number;
  /**
   * The effort of a reasoning model.
   *
   * @default The server's
   */
  readonly reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
  /**
   * Other fields of the request body. They replace all fields that the provider writes, and `null`
   * removes one. The provider documents the few that are merged.
   *
   * @default {{}}
   */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The values of `reasoningEffort`, in order. */
export const REASONING_EFFORTS: readonly NonNullable<ModelSettings["reasoningEffort"]>[] = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
];

/** A JSON Schema. See `Schema` for the drafts and keywords that are checked. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of the JSON that the model must answer with. */
export interface OutputSchema {
  /** A name for the schema: letters, digits, `_` and `-`. */
  readonly name: string;
  /** The schema. */
  readonly schema: JsonSchema;
  /**
   * Whether the schema follows the rules of OpenAI's strict mode, so that a server can enforce it.
   */
  readonly strict?: boolean;
}

/** A request to a model, in the form that all providers share. */
export interface ModelRequest {
  /** The provider's name of the model. */
  readonly model: string;
  /** The conversation. The system message comes first. */
  readonly messages: readonly Message[];
  /** The settings of this request. */
  readonly settings: ModelSettings;
  /** The schema of the answer, if the answer must be JSON. */
  readonly output?: OutputSchema;
  /** The tools that the model may call. */
  readonly tools?: readonly ToolSpec[];
  /**
   * `"none"`: the model must answer without calling a tool. The tools are still described, as some
   * servers reject tool calls in the conversation without them, and as it keeps the prompt cache.
   *
   * @default {"auto"}
   */
  readonly toolChoice?: "auto" | "none";
}

/** Why the model stopped. Reasons without one of these meanings keep the provider's word. */
// deno-lint-ignore ban-types -- keeps the known reasons in autocomplete
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | (string & {});

/** A complete answer of a model. */
export interface ModelReply extends Billing {
  /** The text. */
  readonly text: string;
  /** Why the model stopped. */
  readonly finishReason: FinishReason;
  /** The text of the model's reasoning, if the server sends it. */
  readonly reasoning?: string;
  /** The text of a refusal. */
  readonly refusal?: string;
  /** The tool calls that the model requests. */
  readonly toolCalls?: readonly ToolRequest[];
  /**
   * Data that must be sent back with this reply in the next request, such as reasoning before a
   * tool call. Plain JSON that only the provider understands.
   */
  readonly providerData?: unknown;
  /** The state of the server's rate limits, if it reports them. */
  readonly rates?: RateReport;
  /** What the server sent with the answer, if the provider keeps it. */
  readonly response?: ResponseInfo;
  /** The requests that the server rejected before it accepted this one in another form. */
  readonly rejections?: readonly RejectedRequest[];
}

/** A chunk of a streamed answer: deltas, and the complete reply at the end. */
export type ModelChunk =
  | {
    /** A delta of the model's reasoning. */
    readonly type: "reasoning";
    /** The text; empty if the server sends it encrypted. */
    readonly text: string;
  }
  | {
    /** A sign that the model is working, without text: a delta of a tool call. */
    readonly type: "progress";
  }
  | {
    /** A delta of the text. */
    readonly type: "delta";
    /** The text. */
    readonly text: string;
  }
  | {
    /** The end of the stream. */
    readonly type: "reply";
    /** The complete answer. */
    readonly reply: ModelReply;
  };
