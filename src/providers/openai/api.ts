/** The two APIs of OpenAI-compatible servers behind one interface. */
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { ChatStreamReader, readChatReply } from "./chat_reply.ts";
import { buildChatRequest, type MaxTokensField } from "./chat_request.ts";
import { readResponsesReply } from "./responses_reply.ts";
import { buildResponsesRequest } from "./responses_request.ts";
import { ResponsesStreamReader } from "./responses_stream.ts";
import type { StructuredOutput } from "./structured_output.ts";

/** Builds the requests of one API and reads its responses. */
export interface Api {
  /** The path below the base URL. */
  readonly path: string;
  /** The members of the request body that ask for a stream. */
  readonly streamParams: object;
  /** Builds the body of a request. */
  buildRequest(request: ModelRequest): object;
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

/** Returns the Chat Completions API. */
export function chatApi(maxTokensField: MaxTokensField, structured: StructuredOutput): Api {
  return {
    path: "/chat/completions",
    streamParams: { stream: true, stream_options: { include_usage: true } },
    buildRequest: (request) => buildChatRequest(request, maxTokensField, structured),
    readReply: readChatReply,
    createStreamReader: (request) => new ChatStreamReader(request),
  };
}

/** Returns the Responses API of the server with the given identity. */
export function responsesApi(server: string, structured: StructuredOutput): Api {
  return {
    path: "/responses",
    streamParams: { stream: true },
    buildRequest: (request) => buildResponsesRequest(request, structured, server),
    readReply: (response, rates, { model }) =>
      readResponsesReply(response, rates, { server, model }),
    createStreamReader: ({ model }) => new ResponsesStreamReader({ server, model }),
  };
}
