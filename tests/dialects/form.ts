/**
 * The dialect suite: what real servers send, written by hand with neutral content.
 *
 * To add a form, find the file of the server (or create one: `dialect("name", { … })`), and add an
 * entry: its name is a sentence of a specification. Give what the server sends: `json` for a
 * complete response, `events` for a stream, both if the server sends the same in both ways, or
 * `text` for anything else. Give what is expected. Leave out what is usual: see the defaults below.
 *
 * The harness sends each form from a real server on the loopback, cut at random places, and reads
 * it with `openai()` and `aiSdk()`, by the provider alone and by an agent that retries. Each form
 * is also sent where the other kind was requested: JSON for a stream, events for a complete answer.
 */
import type { ErrorCode, RateReport, Usage } from "@shoal/agents";
import type { JsonSchema, ModelSettings } from "@shoal/agents";

/** What a server sends, and what is expected. */
export interface Form {
  /** The API. @default {"chat"} */
  readonly api?: "chat" | "responses";
  /** The HTTP status. @default {200} */
  readonly status?: number;
  /**
   * The headers. The content type has a default, and a `content-encoding` of gzip compresses the
   * body. A function gets the current time in milliseconds:
   * times that are expected of it may differ by 2 seconds.
   */
  readonly headers?:
    | Readonly<Record<string, string>>
    | ((now: number) => Readonly<Record<string, string>>);
  /** The body of a complete response. */
  readonly json?: unknown;
  /** The events of a stream: a string is sent unchanged, anything else as `data: JSON`. */
  readonly events?: readonly unknown[];
  /** A body that is neither: HTML, plain text, nothing. */
  readonly text?: string;
  /** The model to request. @default A name of its own for each request */
  readonly model?: string;
  /** The settings of the request. */
  readonly settings?: ModelSettings;
  /** The schema of the agent's output. */
  readonly output?: JsonSchema;
  /** Whether the agent has tools. @default Whether tool calls are expected */
  readonly tools?: boolean;
  /**
   * The fields that the server rejects, and how. Such requests do not count: each provider must
   * send one at most for a model.
   */
  readonly rejects?: Readonly<Record<string, Rejection>>;
  /** What is expected. */
  readonly expect: Expected;
  /**
   * What differs with `aiSdk()`; `undefined` is not checked. Or the reason why its SDK cannot read
   * the form. Forms of the Responses API are read with `aiSdk()` only if this is given, even empty:
   * its SDK requires all events, and all of their members.
   */
  readonly aiSdk?: Partial<Expected> | string;
}

/** The answer to a request with a field that a server does not support. */
export interface Rejection {
  /** The HTTP status. */
  readonly status: number;
  /** The body. */
  readonly json: unknown;
}

/** Members of a request's body; `undefined` must be absent. */
export type Sent = Readonly<Record<string, unknown>>;

/** What is expected. Members that are absent are not checked, unless they have a default. */
export interface Expected {
  /** The text of the reply. @default {""} */
  readonly text?: string;
  /** The finish reason. @default "tool_calls" with tool calls, otherwise "stop" */
  readonly finishReason?: string;
  /** The names and the arguments of all tool calls. @default None */
  readonly toolCalls?: readonly (readonly [name: string, args: unknown])[];
  /** The text of the reasoning. */
  readonly reasoning?: string;
  /** The text of the refusal. */
  readonly refusal?: string;
  /** Members of the first request. */
  readonly sent?: Sent;
  /**
   * What goes back with the results of tools. Chat: the message with the tool calls, whole, but for
   * its role and an empty content. Responses: the items of the answer.
   */
  readonly sentBack?: Sent | readonly unknown[];
  /** The usage, as far as it is given; also of an error. */
  readonly usage?: Partial<Usage>;
  /** The cost that the server reports, in US dollars. */
  readonly cost?: number;
  /** The rate limits. */
  readonly rates?: RateReport;
  /** The code of the error, if the form is one. */
  readonly error?: ErrorCode;
  /** The status of the error. */
  readonly status?: number;
  /** Whether the error is retryable. @default {false} */
  readonly retryable?: boolean;
  /** The wait that the server requests. */
  readonly retryAfterMs?: number;
  /** Texts in the message of the error. */
  readonly message?: string | readonly string[];
  /** The content of an agent's result. @default The text; "done" after tool calls */
  readonly content?: unknown;
  /** The code of an agent's error. @default `error` */
  readonly agentError?: ErrorCode;
  /**
   * The number of requests that an agent with 3 retries sends.
   *
   * @default 2 with tool calls or an invalid answer, 4 if the error is retryable, otherwise 1
   */
  readonly requests?: number;
}

/** A complete response of Chat Completions with this message. */
export function chat(
  message: Readonly<Record<string, unknown>>,
  finish_reason: unknown = "stop",
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
    ...more,
  };
}

/** An event of a stream of Chat Completions with this delta. */
export function chunk(
  delta: Readonly<Record<string, unknown>>,
  finish_reason: unknown = null,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
    ...more,
  };
}

/** The event at the end of most streams. */
export const DONE = "data: [DONE]\n\n";

/** The usage of most forms. */
export const USAGE = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };

/** The same, as Shoal reports it. */
export const USED: Partial<Usage> = { inputTokens: 12, outputTokens: 5, totalTokens: 17 };

/** A text in both ways: complete, and as a stream of two deltas. */
export function answer(
  text: string,
  finish_reason: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Pick<Form, "json" | "events"> {
  const middle = Math.ceil(text.length / 2);
  return {
    json: chat({ content: text }, finish_reason, { usage: USAGE, ...more }),
    events: [
      chunk({ role: "assistant", content: text.slice(0, middle) }),
      chunk({ content: text.slice(middle) }),
      chunk({}, finish_reason, { usage: USAGE, ...more }),
      DONE,
    ],
  };
}

/** A tool call of Chat Completions. */
export function call(
  id: unknown,
  name: unknown,
  args: unknown,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { id, type: "function", function: { name, arguments: args }, ...more };
}

/** A complete response of the Responses API with these items. */
export function response(
  output: readonly unknown[],
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    id: "resp_1",
    object: "response",
    created_at: 1_700_000_000,
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "m",
    output,
    usage: { input_tokens: 12, output_tokens: 5, total_tokens: 17 },
    ...more,
  };
}

/** A message item of the Responses API. */
export function message(text: string, more: Readonly<Record<string, unknown>> = {}) {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id: "msg_1", role: "assistant", status: "completed", content, ...more };
}

/** A named event, as the Responses API sends it. */
export function event(type: string, more: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
}
