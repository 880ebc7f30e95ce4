/** A request as the simulator received it, and an answer as it can be written by hand. */

/** One request to the model as the simulator received it. */
export interface SimulatorRequest {
  /** How many requests came before this one: 0 for the first. */
  readonly index: number;
  /** The API that it came by: Chat Completions or Responses. */
  readonly api: "chat" | "responses";
  /** The model asked for. */
  readonly model: string;
  /** The messages, as they came; the items of Responses in the words of Chat Completions. */
  readonly messages: readonly SimulatorMessage[];
  /** The tools that the model may ask for. */
  readonly tools: readonly SimulatorTool[];
  /** Does the client want a stream of server-sent events? */
  readonly stream: boolean;
  /** The text of the last user message, or an empty text. */
  readonly text: string;
  /** The whole request body. */
  readonly body: Readonly<Record<string, unknown>>;
  /**
   * The value of a request header, or `undefined`.
   *
   * @param name Its name, in upper or lower case.
   */
  header(name: string): string | undefined;
}

/** One message of a request. */
export interface SimulatorMessage {
  /** Who speaks: `system`, `developer`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** What is said: a text, parts, or `null` beside tool calls. */
  readonly content?: unknown;
  /** The tools that the assistant asked for. */
  readonly tool_calls?: readonly unknown[];
  /** Which of these calls a message of a tool answers. */
  readonly tool_call_id?: unknown;
}

/** A tool that the model may ask for. */
export interface SimulatorTool {
  /** Its name. */
  readonly name: string;
  /** What it does. */
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters?: unknown;
}

/** An answer written by hand; see {@linkcode SimulatorOptions.respond}. */
export interface SimulatorAnswer {
  /** The text; `null` for none. */
  content: string | null;
  /** The tools that the model wants to have called. */
  toolCalls?: readonly SimulatorToolCall[];
  /**
   * Why the model stopped.
   *
   * @default "tool_calls" with tool calls, else "stop"
   */
  finishReason?: string;
  /**
   * Token counts to report instead of the estimate.
   *
   * @default One token for each 4 characters
   */
  usage?: { inputTokens?: number; outputTokens?: number };
}

/** One tool call in an answer. */
export interface SimulatorToolCall {
  /**
   * The id of the call.
   *
   * @default A fresh one
   */
  id?: string;
  /** The name of the tool. */
  name: string;
  /** The arguments: an object, or the text to send in its place (also a broken one). */
  arguments: unknown;
}
