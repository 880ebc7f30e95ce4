/** The requests that a `respond` function receives, and the answers that it returns. */

/** A request to the model, as the simulator received it. */
export interface SimulatorRequest {
  /** The number of the request, starting at 0. */
  readonly index: number;
  /** The API that was called: Chat Completions or Responses. */
  readonly api: "chat" | "responses";
  /** The requested model. */
  readonly model: string;
  /** The messages. Input items of Responses are converted to those of Chat Completions. */
  readonly messages: readonly SimulatorMessage[];
  /** The tools that the model may call. */
  readonly tools: readonly SimulatorTool[];
  /** Whether the client requests a stream of server-sent events. */
  readonly stream: boolean;
  /** The text of the last user message, or an empty string. */
  readonly text: string;
  /** The whole request body. */
  readonly body: Readonly<Record<string, unknown>>;
  /**
   * Returns the value of a request header, or `undefined`.
   *
   * @param name The name of the header, in any case.
   */
  header(name: string): string | undefined;
}

/** A message of a request. */
export interface SimulatorMessage {
  /** The role: `system`, `developer`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** The content: a string, an array of parts, or `null` beside tool calls. */
  readonly content?: unknown;
  /** The tool calls of the assistant. */
  readonly tool_calls?: readonly unknown[];
  /** The id of the call that a tool message answers. */
  readonly tool_call_id?: unknown;
}

/** A tool that the model may call. */
export interface SimulatorTool {
  /** Its name. */
  readonly name: string;
  /** What it does. */
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters?: unknown;
}

/** An answer of a `respond` function; see {@linkcode SimulatorOptions.respond}. */
export interface SimulatorAnswer {
  /** The text; `null` for none. */
  content: string | null;
  /** The tools that the model calls. */
  toolCalls?: readonly SimulatorToolCall[];
  /**
   * Why the model stopped.
   *
   * @default "tool_calls" with tool calls, else "stop"
   */
  finishReason?: string;
  /**
   * The token counts to report.
   *
   * @default One token for each 4 characters
   */
  usage?: { inputTokens?: number; outputTokens?: number };
}

/** A tool call in an answer. */
export interface SimulatorToolCall {
  /**
   * The id of the call.
   *
   * @default A generated id
   */
  id?: string;
  /** The name of the tool. */
  name: string;
  /** The arguments: an object, or a string to send as it is, even if it is invalid JSON. */
  arguments: unknown;
}
