/** A language that servers speak: how a request is written, and how an answer is read. */
import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import * as chat from "./chat_request.ts";
import * as chatReply from "./chat_reply.ts";
import * as responses from "./responses_request.ts";
import { ResponsesStreamReader } from "./responses_stream.ts";
import * as responsesReply from "./responses_reply.ts";

/** One language. */
export interface Api {
  /** Where it is spoken, below the base URL. */
  readonly path: string;
  /** What asks for a stream, beside the body. */
  readonly streamParams: object;
  /** The body of a request. */
  buildRequest(request: ModelRequest): object;
  /** The reply of a whole answer. */
  // deno-lint-ignore no-explicit-any -- it came from outside, and is looked at before it is believed
  readReply(answer: any, rates: RateReport | undefined, request: ModelRequest): ModelReply;
  /** What reads a streamed answer. */
  createStreamReader(request: ModelRequest): StreamReader;
}

/** Puts the pieces of one streamed answer together. */
export interface StreamReader {
  /** Was the last piece there? Chat Completions tell it by `[DONE]`. */
  readonly ended?: boolean;
  /** Takes a piece; gives its text. */
  // deno-lint-ignore no-explicit-any -- as above
  add(piece: any): string;
  /** The whole. Throws if the stream ended before the answer did. */
  reply(rates: RateReport | undefined): ModelReply;
}

/** Chat Completions. */
export function chatApi(
  maxTokensField: chat.MaxTokensField,
  structured: chat.StructuredOutput,
): Api {
  return {
    path: "/chat/completions",
    streamParams: { stream: true, stream_options: { include_usage: true } },
    buildRequest: (request) => chat.buildChatRequest(request, maxTokensField, structured),
    readReply: chatReply.readChatReply,
    createStreamReader: () => new chatReply.ChatStreamReader(),
  };
}

/** Responses, of this server. */
export function responsesApi(server: string, structured: chat.StructuredOutput): Api {
  return {
    path: "/responses",
    streamParams: { stream: true },
    buildRequest: (request) => responses.buildResponsesRequest(request, structured, server),
    readReply: (answer, rates, { model }) =>
      responsesReply.readResponsesReply(answer, rates, { server, model }),
    createStreamReader: ({ model }) => new ResponsesStreamReader({ server, model }),
  };
}
