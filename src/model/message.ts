import type { RateReport } from "./rate_report.ts";
import type { Usage } from "./usage.ts";

/** A part of a message's content. */
export type ContentPart =
  | {
    /** Plain text. */
    readonly type: "text";
    /** The text. */
    readonly text: string;
  }
  | {
    /** An image. */
    readonly type: "image";
    /** An `https:` or `data:` URL. */
    readonly url: string;
  }
  | {
    /** A file, such as a PDF. */
    readonly type: "file";
    /** A `data:` URL, or the provider's id of a file that it has already. */
    readonly url: string;
    /** How the file is called. */
    readonly name?: string;
  };

/** One message of a conversation. */
export interface Message {
  /** Who speaks. */
  readonly role: "system" | "user" | "assistant" | "tool";
  /** What is said; what a tool gave, as text. */
  readonly content: string | readonly ContentPart[];
  /** The tools that the model asked for; only in a message of the assistant. */
  readonly toolCalls?: readonly ToolRequest[];
  /** Which of these requests a message of a tool answers. */
  readonly toolCallId?: string;
  /**
   * What the provider gave with this message, to be given back with it as it is; only in a message of the assistant. It may say
   * all that the message says, and more: whoever changes the message leaves it out.
   */
  readonly providerData?: unknown;
}

/** A model asks for a tool to be run. */
export interface ToolRequest {
  /** The provider's id of the request. */
  readonly id: string;
  /** The tool's name. */
  readonly name: string;
  /** The arguments, as the model wrote them: JSON, most of the time. */
  readonly args: string;
}

/** A tool that the model may ask for. */
export interface ToolSpec {
  /** The name: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does, and when to use it. */
  readonly description?: string;
  /** The JSON Schema of its arguments: an object. */
  readonly parameters: JsonSchema;
}

/** Settings handed to the model as they are. Absent ones are not sent. */
export interface ModelSettings {
  /** Randomness of the answer, usually 0 to 2. */
  readonly temperature?: number;
  /** The most tokens the answer may have. */
  readonly maxTokens?: number;
  /** Nucleus sampling, above 0 and up to 1. */
  readonly topP?: number;
  /** Texts at which the answer ends. */
  readonly stop?: string | readonly string[];
  /** Asks for repeatable answers, where the provider can. */
  readonly seed?: number;
  /** How much a model that reasons may think. */
  readonly reasoningEffort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh";
  /** Anything else the provider understands, put into the request body as it is. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A JSON Schema, draft 2020-12 or 07. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON that the answer must be. */
export interface OutputSchema {
  /** A name for the schema: letters, digits, `_` and `-`. */
  readonly name: string;
  /** The schema. */
  readonly schema: JsonSchema;
  /** Does the schema keep the rules of OpenAI's strict mode, so that a server can hold the model to it? */
  readonly strict?: boolean;
}

/** One request to a model, in the words every provider shares. */
export interface ModelRequest {
  /** The model's name, as the provider knows it. */
  readonly model: string;
  /** The conversation, system message first. */
  readonly messages: readonly Message[];
  /** Settings for this request. */
  readonly settings: ModelSettings;
  /** Asks for JSON that fits this schema. */
  readonly output?: OutputSchema;
  /** The tools that the model may ask for. */
  readonly tools?: readonly ToolSpec[];
}

/** Why the model stopped; a provider's own word where it has none of these meanings. */
// deno-lint-ignore ban-types -- keeps the known words in the editor's suggestions
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | (string & {});

/** A whole answer of a model. */
export interface ModelReply {
  /** The text. */
  readonly text: string;
  /** Why the model stopped. */
  readonly finishReason: FinishReason;
  /** What it used; absent where the provider does not say. */
  readonly usage?: Usage;
  /** What the model said when it refused to answer. */
  readonly refusal?: string;
  /** The tools that the model asks for. */
  readonly toolCalls?: readonly ToolRequest[];
  /**
   * What the provider wants to have back in the message that this reply becomes, such as what the model thought before it
   * asked for tools: plain JSON that says nothing to anybody else.
   */
  readonly providerData?: unknown;
  /** Where the server's rate limits stand, if it says. */
  readonly rates?: RateReport;
}

/** A piece of an answer that is streamed: text as it comes, and the whole at the end. */
export type ModelChunk =
  | {
    /** A piece of text. */
    readonly type: "delta";
    /** The piece. */
    readonly text: string;
  }
  | {
    /** The end of the stream. */
    readonly type: "reply";
    /** The whole answer. */
    readonly reply: ModelReply;
  };
