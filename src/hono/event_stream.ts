/** Answers that come piece by piece, as server-sent events or as lines of JSON: no faster than the client reads. */
import type { Context } from "hono";

/** One piece of the answer. */
export interface WireEvent {
  /** What kind it is; absent for the OpenAI face, whose events have no names. */
  readonly event?: string;
  /** Where to go on from after a lost connection. */
  readonly id?: string;
  /** What is sent, as JSON; a text is sent as it is. */
  readonly data: unknown;
}

/** How events are written. */
export interface WireFormat {
  /** The content type. */
  readonly type: string;
  /** Writes one event. */
  write(event: WireEvent): string;
  /** What is written now and then when there is nothing else, so that proxies and clients know that the connection lives. */
  readonly heartbeat: string;
}

/** Server-sent events. */
export const SSE: WireFormat = {
  type: "text/event-stream; charset=utf-8",
  write({ event, id, data }) {
    const head = event === undefined ? "" : `event: ${event}\n`;
    // JSON has no line breaks.
    return `${head}${id === undefined ? "" : `id: ${id}\n`}data: ${textOf(data)}\n\n`;
  },
  heartbeat: ": heartbeat\n\n",
};

/** A line of JSON for each event. */
export const NDJSON: WireFormat = {
  type: "application/x-ndjson; charset=utf-8",
  write: ({ data }) => `${textOf(data)}\n`,
  heartbeat: '{"type":"heartbeat"}\n',
};

/** One JSON value, which is sent when it is there: before it, blanks say that the connection lives. */
export const SINGLE_JSON: WireFormat = {
  type: "application/json",
  write: ({ data }) => textOf(data),
  heartbeat: "\n",
};

function textOf(data: unknown): string {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** Whose answer it is: something that is held until the answer has ended, such as an `Exchange`. */
export interface StreamOwner {
  /** Aborts when there is nobody to answer, or no time left. */
  readonly signal: AbortSignal;
  /** Has it not ended yet? */
  readonly isOpen: boolean;
  /** It goes on after its handler has returned. */
  keepOpen(): void;
  /** The client is gone. */
  abandon(): void;
  /** It is over. */
  end(): void;
}

/** How an answer is streamed. */
export interface EventStreamOptions {
  /** Whose answer it is; it ends with the stream. */
  readonly owner: StreamOwner;
  /** How it is written. */
  readonly format: WireFormat;
  /** How long there may be silence, in milliseconds. */
  readonly heartbeat: number;
  /** What is said of an error in the middle; the stream ends with it. */
  readonly toErrorEvent: (thrown: unknown) => WireEvent;
}

/**
 * The answer that hands on what `events` give. The next event is asked for when the one before is on its way, so a slow client slows
 * whoever makes them; and when the client goes away, the lifecycle is abandoned at once.
 */
export function eventStream(
  c: Context,
  events: AsyncIterator<WireEvent>,
  options: EventStreamOptions,
): Response {
  options.owner.keepOpen();
  return c.body(bodyOf(events, options), 200, {
    "content-type": options.format.type,
    // Nginx would hold pieces back.
    "x-accel-buffering": "no",
  });
}

const encoder = new TextEncoder();

/** So long a client may take to read the last words of an answer that was aborted, in milliseconds. */
const LAST_WORDS = 1_000;

function bodyOf(
  events: AsyncIterator<WireEvent>,
  { owner: lifecycle, format, heartbeat, toErrorEvent: failed }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  let silentSince = performance.now();
  let beat: ReturnType<typeof setInterval> | undefined;
  let kill: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearInterval(beat);
    clearTimeout(kill);
    lifecycle.end();
  };
  const abandon = async (): Promise<void> => {
    lifecycle.abandon();
    // Whoever makes the events gives back what it holds before the lifecycle ends.
    await Promise.resolve(events.return?.()).catch(() => {});
    end();
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      beat = setInterval(() => {
        // To a client that does not read nothing is said either: it would only pile up.
        if (performance.now() - silentSince < heartbeat || controller.desiredSize !== 0) return;
        silentSince = performance.now();
        controller.enqueue(encoder.encode(format.heartbeat));
      }, heartbeat / 2);
      lifecycle.signal.addEventListener("abort", () => {
        clearInterval(beat);
        if (!lifecycle.isOpen) return;
        // The end of the time, or of the server, is not put off by a client that does not read.
        kill = setTimeout(() => {
          controller.error(lifecycle.signal.reason);
          void abandon();
        }, LAST_WORDS);
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
        text = format.write(failed(error));
        isLast = true;
      }
      // It may have been cancelled meanwhile.
      if (!lifecycle.isOpen) return;
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
