/** Streamed responses, as server-sent events or lines of JSON, with backpressure. */
import { delay } from "@std/async/delay";
import type { Context } from "hono";
import { stringifyExact } from "../model/exact_json.ts";
import type { Problem } from "./problem.ts";

/** One event of a streamed response. */
export interface WireEvent {
  /** The type of the event; absent for OpenAI's API, whose events have none. */
  readonly event?: string;
  /** The ID from which the client can resume after a lost connection. */
  readonly id?: string;
  /** The data, which is sent as JSON. A string is sent as it is. */
  readonly data: unknown;
}

/** A format of streamed responses. */
export interface WireFormat {
  /** The content type. */
  readonly type: string;
  /** Serializes an event. */
  write(event: WireEvent): string;
  /** What is sent in silence, so that proxies and clients keep the connection open. */
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

/** The owner of a streamed response, such as a `RequestLifecycle`: it ends with the response. */
export interface StreamOwner {
  /** Aborts when the client has disconnected or the deadline has passed. */
  readonly signal: AbortSignal;
  /** Whether it has not ended yet. */
  readonly isOpen: boolean;
  /** Keeps it open after the handler returns; then `end` must be called. */
  keepOpen(): void;
  /** Aborts its work, as the client has disconnected. */
  abandon(): void;
  /** Ends it and releases what it holds. */
  end(): void;
}

/** Options of {@linkcode eventStream}. */
export interface EventStreamOptions {
  /** The owner of the response; it ends with the stream. */
  readonly owner: StreamOwner;
  /** The format of the events. */
  readonly format: WireFormat;
  /** How long the stream may be silent before a heartbeat is sent, in milliseconds. */
  readonly heartbeat: number;
  /** Maps an error to the last event of the stream. */
  readonly toErrorEvent: (thrown: unknown) => WireEvent;
}

/**
 * Returns a response that streams events. The next event is only pulled once the previous one has
 * been read, so a slow client slows the producer. A client that disconnects aborts the owner's work
 * at once.
 */
export function eventStream(
  c: Context,
  events: AsyncIterator<WireEvent>,
  options: EventStreamOptions,
): Response {
  options.owner.keepOpen();
  return c.body(bodyOf(events, options), 200, {
    "content-type": options.format.type,
    // Disables buffering in nginx.
    "x-accel-buffering": "no",
  });
}

/** The last event of a stream that failed: the problem details, as of a request with this ID. */
export function problemEvent(problem: Problem, requestId?: string): WireEvent {
  return { event: "error", data: { ...problem.details(requestId), type: "error" } };
}

/**
 * How long to wait for the first event, in milliseconds. It is short, as Deno's server notices a
 * disconnected client only once the response has begun.
 */
const FIRST_EVENT_TIMEOUT = 50;

/**
 * Waits for the first event, but only briefly: a call that fails at once then gets an error status,
 * later failures are events.
 *
 * @throws What `first` rejects with, if it does so in time.
 */
export async function waitForFirstEvent(first: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const timeout = delay(FIRST_EVENT_TIMEOUT, { signal: waiting.signal }).catch(() => {});
  try {
    await Promise.race([first, timeout]);
  } finally {
    waiting.abort();
    // A later rejection is handled where the events are read.
    first.catch(() => {});
  }
}

const encoder = new TextEncoder();

/** How long a client may take to read the last event of an aborted response, in milliseconds. */
const LAST_EVENT_TIMEOUT = 1_000;

function bodyOf(
  events: AsyncIterator<WireEvent>,
  { owner, format, heartbeat, toErrorEvent }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  let silentSince = performance.now();
  let heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  let killTimer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearInterval(heartbeatTimer);
    clearTimeout(killTimer);
    owner.end();
  };
  const abandon = async (): Promise<void> => {
    owner.abandon();
    // The producer must release its resources before the owner ends.
    await Promise.resolve(events.return?.()).catch(() => {});
    end();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeatTimer = setInterval(() => {
        // Heartbeats would pile up for a client that does not read.
        if (performance.now() - silentSince < heartbeat || controller.desiredSize !== 0) return;
        silentSince = performance.now();
        controller.enqueue(encoder.encode(format.heartbeat));
      }, heartbeat / 2);
      owner.signal.addEventListener("abort", () => {
        clearInterval(heartbeatTimer);
        if (!owner.isOpen) return;
        // A client that does not read must not delay the deadline or a shutdown.
        killTimer = setTimeout(() => {
          controller.error(owner.signal.reason);
          void abandon();
        }, LAST_EVENT_TIMEOUT);
      }, { once: true });
    },
    async pull(controller) {
      let text: string;
      let isLast = false;
      try {
        const next = await events.next();
        if (next.done) {
          end();
          return controller.close();
        }
        text = format.write(next.value);
      } catch (error) {
        text = format.write(toErrorEvent(error));
        isLast = true;
      }
      // It may have been canceled in the meantime.
      if (!owner.isOpen) return;
      silentSince = performance.now();
      controller.enqueue(encoder.encode(text));
      if (!isLast) return;
      await Promise.resolve(events.return?.()).catch(() => {});
      end();
      controller.close();
    },
    cancel: abandon,
  }, { highWaterMark: 0 });
}
