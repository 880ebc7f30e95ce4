/** The two APIs of OpenAI-compatible servers behind one interface. */
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { ChatStreamReader, readChatReply } from "./chat_reply.ts";
import { buildChatRequest } from "./chat_request.ts";
import { guessMaxTokensField, type MaxTokensField } from "./form/max_tokens_field.ts";
import { type BuildOptions, FULL_FORM } from "./form/request_form.ts";
import { readResponsesReply } from "./responses_reply.ts";
import { buildResponsesRequest } from "./responses_request.ts";
import { ResponsesStreamReader } from "./responses_stream.ts";
import type { StructuredOutput } from "./structured_output.ts";

/** Builds the requests of one API and reads its responses. */
export interface Api {
  /** The path below the base URL. */
  readonly path: string;
  /** Whether the name of the maximum number of tokens depends on the model. */
  readonly learnsMaxTokensField: boolean;
  /** Builds the body of a request. */
  buildRequest(request: ModelRequest, options?: BuildOptions): object;
  /** Reads the reply from a complete response. */
  // deno-lint-ignore no-explicit-any -- untrusted input, checked by the reader
  readReply(response: any, rates: RateReport | undefined, request: ModelRequest): ModelReply;
  /** Creates a reader for a streamed response. */
  createStreamReader(request: ModelRequest): StreamReader;
}

/** Assembles a reply from the events of a stream. */
export interface StreamReader {
  /** Whether the last event has been added. Chat Completions marks the end by `[DONE]` instead. */
  readonly ended?: boolean;
  /** Whether the answer is complete, so that only its usage may follow. */
  readonly isAnswered?: boolean;
  /** What the events until now say about the price. */
  readonly billing: Billing;
  /** Adds an event, and appends its chunks to `chunks`. Throws if the event reports an error. */
  // deno-lint-ignore no-explicit-any -- untrusted input, checked by the reader
  add(event: any, chunks: ModelChunk[]): void;
  /**
   * Returns the complete reply. Throws if the stream ended early. `done` is whether the server
   * marked the end by `[DONE]`.
   */
  reply(rates: RateReport | undefined, options: { readonly done: boolean }): ModelReply;
}

/** A server with a Chat Completions API. */
export interface ChatServer {
  /** The identity of the server. */
  readonly server: string;
  /** Whether the server is another one than OpenAI's. */
  readonly isCustom: boolean;
  /** Whether the server is known to reject `stream_options`. */
  readonly rejectsStreamOptions?: boolean;
  /** The name of the maximum number of tokens, if it is configured. */
  readonly maxTokensField?: MaxTokensField;
  /** How the output schema is passed. */
  readonly structured: StructuredOutput;
}

/** Returns the Chat Completions API of a server. */
export function chatApi(chatServer: ChatServer): Api {
  const { server, isCustom, rejectsStreamOptions, maxTokensField, structured } = chatServer;
  return {
    path: "/chat/completions",
    learnsMaxTokensField: maxTokensField === undefined,
    buildRequest(request, { stream, form } = { stream: false, form: FULL_FORM }) {
      const field = maxTokensField ?? form.maxTokensField ??
        guessMaxTokensField(request.model, isCustom);
      const without = rejectsStreamOptions
        ? new Set([...form.without, "stream_options" as const])
        : form.without;
      return buildChatRequest(request, field, structured, { server, stream, without });
    },
    readReply: (response, rates, { model }) => readChatReply(response, rates, { server, model }),
    createStreamReader: ({ model }) => new ChatStreamReader({ server, model }),
  };
}

/** Returns the Responses API of the server with the given identity. */
export function responsesApi(server: string, structured: StructuredOutput): Api {
  return {
    path: "/responses",
    learnsMaxTokensField: false,
    buildRequest: (request, options) => buildResponsesRequest(request, structured, server, options),
    readReply: (response, rates, { model }) =>
      readResponsesReply(response, rates, { server, model }),
    createStreamReader: ({ model }) => new ResponsesStreamReader({ server, model }),
  };
}
