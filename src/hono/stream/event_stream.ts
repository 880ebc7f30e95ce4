/** Streamed responses with backpressure. */
import type { Context } from "hono";
import { waitForFirstEvent } from "./first_event.ts";
import type { Problem } from "../problem.ts";
import type { WireEvent, WireFormat } from "./wire_format.ts";

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

/** The owner of a response that begins with the first event. */
export interface WaitingOwner extends StreamOwner {
  /** Aborts its work when the signal aborts, that is when the client disconnects. */
  abandonOn(signal: AbortSignal): void;
}

/** Options of {@linkcode eventStream}. */
export interface EventStreamOptions {
  /** The owner of the response; it ends with the stream. */
  readonly owner: StreamOwner;
  /** The format of the events. */
  readonly format: WireFormat;
  /** How long the stream may be silent before a heartbeat is sent, in milliseconds. */
  readonly heartbeat: number;
  /** Whether a heartbeat is due when the response begins. */
  readonly startsWithHeartbeat?: boolean;
  /** Maps an error to the last events of the stream. */
  readonly toErrorEvents: (thrown: unknown) => readonly WireEvent[];
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

/**
 * Waits for the first event, and returns a response that streams all events. Clients retry by
 * status only, so a call that fails before its first event gets the status of its error. The
 * response begins at the latest when a heartbeat is due.
 *
 * @throws What the events throw before the response begins.
 */
export async function startEventStream(
  c: Context,
  events: AsyncIterator<WireEvent>,
  options: EventStreamOptions & { readonly owner: WaitingOwner },
): Promise<Response> {
  const { owner, heartbeat } = options;
  const begun = await waitForFirstEvent(events, {
    timeout: heartbeat,
    isTentative: ({ isTentative = false }) => isTentative,
    // Until the response begins, its stream cannot detect that the client disconnects.
    onWait: () => owner.abandonOn(c.req.raw.signal),
  });
  return eventStream(c, begun.events, { ...options, startsWithHeartbeat: begun.isLate });
}

/** The last event of a stream that failed: the problem details, as of a request with this ID. */
export function problemEvent(problem: Problem, requestId?: string): WireEvent {
  return { event: "error", data: { ...problem.details(requestId), type: "error" } };
}

const encoder = new TextEncoder();

/** How long a client may take to read the last event of an aborted response, in milliseconds. */
const LAST_EVENT_TIMEOUT = 1_000;

function bodyOf(
  events: AsyncIterator<WireEvent>,
  { owner, format, heartbeat, startsWithHeartbeat = false, toErrorEvents }: EventStreamOptions,
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
      if (startsWithHeartbeat) controller.enqueue(encoder.encode(format.heartbeat));
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
        text = toErrorEvents(error).map((event) => format.write(event)).join("");
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
