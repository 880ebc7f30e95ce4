/** A language that servers speak: how a request is written, and how an answer is read. */
import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import * as chat from "./chat_request.ts";
import * as chatReply from "./chat_reply.ts";
import * as responses from "./responses_request.ts";
import { ResponseReader } from "./responses_stream.ts";
import * as responsesReply from "./responses_reply.ts";

/** One language. */
export interface Api {
  /** Where it is spoken, below the base URL. */
  readonly path: string;
  /** What asks for a stream, beside the body. */
  readonly streaming: object;
  /** The body of a request. */
  body(request: ModelRequest): object;
  /** The reply of a whole answer. */
  // deno-lint-ignore no-explicit-any -- it came from outside, and is looked at before it is believed
  reply(answer: any, rates: RateReport | undefined, request: ModelRequest): ModelReply;
  /** What reads a streamed answer. */
  reader(request: ModelRequest): StreamReader;
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
    streaming: { stream: true, stream_options: { include_usage: true } },
    body: (request) => chat.bodyOf(request, maxTokensField, structured),
    reply: chatReply.replyOf,
    reader: () => new chatReply.ReplyBuilder(),
  };
}

/** Responses, of this server. */
export function responsesApi(server: string, structured: chat.StructuredOutput): Api {
  return {
    path: "/responses",
    streaming: { stream: true },
    body: (request) => responses.bodyOf(request, structured, server),
    reply: (answer, rates, { model }) => responsesReply.replyOf(answer, rates, { server, model }),
    reader: ({ model }) => new ResponseReader({ server, model }),
  };
}
