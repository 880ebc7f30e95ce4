import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { ChunkSource, HttpResponse } from "../http/send/http_sender.ts";
import { textSource } from "../http/send/text_source.ts";
import type { Api } from "./api.ts";
import { beginsWithEvents, parseDocument } from "./document.ts";
import { type AnyEvent, EventReader } from "./event_reader.ts";
import type { ResponseMeta } from "./response_meta.ts";

/** Options of {@linkcode readResponse}. */
export interface ReadOptions {
  /** The API of the request. */
  readonly api: Api;
  /** The request. */
  readonly request: ModelRequest;
  /** Aborts the reading. */
  readonly signal: AbortSignal;
  /** What the headers report. */
  readonly meta: ResponseMeta;
  /** Whether the raw answer is kept with the reply. */
  readonly keepsRaw: boolean;
  /** The maximum size of the response, in bytes. */
  readonly maxBytes: number;
}

/**
 * Reads the response to a request for a complete answer. Some servers and gateways send events
 * although no stream was requested.
 *
 * @throws {ServerError} If the response reports an error.
 * @throws {TooLargeError} If it is larger than allowed.
 * @throws {DocumentError} If it is not JSON.
 * @throws {ProviderError} If it has no answer, or is cut off.
 */
export async function readResponse(
  response: HttpResponse,
  options: ReadOptions,
): Promise<ModelReply> {
  if (/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) {
    return readEvents(response, options);
  }
  const text = await response.text(options.maxBytes);
  if (beginsWithEvents(text)) return readEvents(textSource(text), options);
  return readDocument(text, options);
}

async function readEvents(body: ChunkSource, options: ReadOptions): Promise<ModelReply> {
  const { api, request, signal, meta, keepsRaw, maxBytes } = options;
  using events = new EventReader<AnyEvent>(body, signal, maxBytes);
  const reader = api.createStreamReader(request);
  const raw: AnyEvent[] | undefined = keepsRaw ? [] : undefined;
  let last: AnyEvent;
  for (let batch; (batch = await events.next()) !== undefined;) {
    for (const event of batch) {
      raw?.push(event);
      last = event;
      reader.add(event, []);
    }
    if (reader.ended) events.expectEnd();
    else if (reader.isAnswered) events.expectRest();
  }
  if (events.document !== undefined) return readDocument(events.document, options);
  return meta.complete(reader.reply(meta.rates, events), raw, last?.response ?? last);
}

function readDocument(text: string, { api, request, meta, keepsRaw }: ReadOptions): ModelReply {
  const document = parseDocument(text);
  const reply = api.readReply(document, meta.rates, request);
  return meta.complete(reply, keepsRaw ? document : undefined);
}
