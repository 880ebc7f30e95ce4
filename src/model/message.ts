import type { RateReport } from "./rates.ts";
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
  };

/** One message of a conversation. */
export interface Message {
  /** Who speaks. */
  readonly role: "system" | "user" | "assistant";
  /** What is said. */
  readonly content: string | readonly ContentPart[];
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
