import type { ModelReply, ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Api } from "./api.ts";
import { beginsWithEvents, parseDocument } from "./document.ts";
import { EventReader } from "./event_reader.ts";

/** What a response is read with. */
export interface ReadOptions {
  /** The API of the request. */
  readonly api: Api;
  /** The request. */
  readonly request: ModelRequest;
  /** Aborts the reading. */
  readonly signal: AbortSignal;
  /** The state of the server's rate limits. */
  readonly rates: RateReport | undefined;
}

/**
 * Reads the response to a request for a complete answer. Some servers and gateways send events
 * although no stream was requested.
 *
 * @throws {ServerError} If the response reports an error.
 * @throws {DocumentError} If it is not JSON.
 * @throws {ProviderError} If it has no answer, or is cut off.
 */
export async function readResponse(response: Response, options: ReadOptions): Promise<ModelReply> {
  if (/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) {
    return readEvents(response, options);
  }
  const text = await response.text();
  if (beginsWithEvents(text)) return readEvents(new Response(text), options);
  return options.api.readReply(parseDocument(text), options.rates, options.request);
}

async function readEvents(
  response: Response,
  { api, request, signal, rates }: ReadOptions,
): Promise<ModelReply> {
  using events = new EventReader(response, signal);
  const reader = api.createStreamReader(request);
  for (let batch; (batch = await events.next()) !== undefined;) {
    for (const event of batch) reader.add(event, []);
    if (reader.ended) events.expectEnd();
  }
  return events.document === undefined
    ? reader.reply(rates, events)
    : api.readReply(parseDocument(events.document), rates, request);
}
