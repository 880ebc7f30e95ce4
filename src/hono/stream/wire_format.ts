/** The events of streamed responses, and the formats in which they are sent. */
import { stringifyExact } from "../../model/exact_json.ts";

/** One event of a streamed response. */
export interface WireEvent {
  /** The type of the event; absent in chat completions of OpenAI's API, whose events have none. */
  readonly event?: string;
  /** The ID from which the client can resume after a lost connection. */
  readonly id?: string;
  /** The data, which is sent as JSON. A string is sent as it is. */
  readonly data: unknown;
  /** Whether the call may still fail with a status: the response does not begin with this event. */
  readonly isTentative?: boolean;
}

/** A format of streamed responses. */
export interface WireFormat {
  /** The content type. */
  readonly type: string;
  /** Serializes an event. */
  write(event: WireEvent): string;
  /** The bytes of a heartbeat, so that proxies and clients keep the connection open. */
  readonly heartbeat: string;
}

/** Server-sent events. */
export const SSE: WireFormat = {
  type: "text/event-stream; charset=utf-8",
  write({ event, id, data }) {
    const head = event === undefined ? "" : `event: ${event}\n`;
    // Serialized JSON has no line breaks.
    return `${head}${id === undefined ? "" : `id: ${id}\n`}data: ${textOf(data)}\n\n`;
  },
  heartbeat: ": heartbeat\n\n",
};

/** One line of JSON per event. */
export const NDJSON: WireFormat = {
  type: "application/x-ndjson; charset=utf-8",
  write: ({ data }) => `${textOf(data)}\n`,
  heartbeat: '{"type":"heartbeat"}\n',
};

/** A single JSON value; until it is ready, line breaks keep the connection open. */
export const SINGLE_JSON: WireFormat = {
  type: "application/json",
  write: ({ data }) => textOf(data),
  heartbeat: "\n",
};

function textOf(data: unknown): string {
  return typeof data === "string" ? data : stringifyExact(data);
}
