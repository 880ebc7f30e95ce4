/**
 * One request and its response, independent of the HTTP version: HTTP/1.1 and HTTP/2 extend it.
 */
import { MAX_TIMER_DELAY } from "../../../async/timer.ts";

/** Response headers, names in lower case. */
export type HeaderMap = Readonly<Record<string, string>>;

const NO_HEADERS: HeaderMap = Object.freeze({});

/** Handles a request; resolves when the response has ended. Never rejects. */
export type Handler = (exchange: HttpExchange) => Promise<void>;

/** A request that was received, and the response to it. */
export abstract class HttpExchange {
  /** Whether the response has ended, or the client has disconnected. */
  isOver = false;
  /** Whether the client disconnected, or the simulator closed, before the response ended. */
  aborted = false;
  /**
   * Called once, just before the last bytes of the response are sent: a client that has received
   * them may send its next request, and must not find this one still counted.
   */
  onSettled: (() => void) | undefined;
  /** Whether the connection may be reused. Read when the head is written; HTTP/1.1 only. */
  keepAlive = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: ((isConnected: boolean) => void) | undefined;

  constructor(
    readonly method: string,
    readonly path: string,
    /** The request headers, names in lower case. */
    public headers: HeaderMap,
    /** The request body as text. */
    public body: string,
  ) {}

  /** Drops the request once it was read, so that thousands of pending responses stay small. */
  forgetRequest(): void {
    this.headers = NO_HEADERS;
    this.body = "";
  }

  /**
   * Holds the status and headers back until the next write. Without a length, the protocol marks
   * the end of the body.
   */
  abstract writeHead(status: number, headers: HeaderMap, length?: number): void;

  /** Sends the head, if it was held back, and a part of the body; `"end"` ends the response. */
  abstract write(data: string | Uint8Array, then: "more" | "end"): Promise<void>;

  /** Sends the head slowly, over the given time. Resolves to false if the client disconnects. */
  abstract trickle(ms: number): Promise<boolean>;

  /** Breaks the connection, so that the client sees a connection error. */
  abstract drop(): void;

  /** Waits, possibly forever. Resolves to false as soon as the client disconnects. */
  wait(ms: number): Promise<boolean> {
    if (this.isOver) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (ms <= MAX_TIMER_DELAY) {
        this.#timer = setTimeout(() => {
          this.#timer = this.#wake = undefined;
          resolve(true);
        }, ms);
      }
    });
  }

  /** Waits for a promise. Resolves to `undefined` as soon as the client disconnects. */
  untilDisconnected<T>(promise: Promise<T>): Promise<T | undefined> {
    if (this.isOver) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }

  settle(): void {
    const settled = this.onSettled;
    this.onSettled = undefined;
    settled?.();
  }

  /** Handles the disconnection of the client: clears the timer and ends every wait. */
  disconnected(): void {
    if (this.isOver) return;
    this.isOver = this.aborted = true;
    this.settle();
    clearTimeout(this.#timer);
    const wake = this.#wake;
    this.#timer = this.#wake = undefined;
    wake?.(false);
  }
}
