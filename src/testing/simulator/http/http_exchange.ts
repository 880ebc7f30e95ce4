/**
 * One request and the way back to its client, whatever the wire: HTTP/1.1 and HTTP/2 each extend it.
 */

/** Response headers, names in lower case. */
export type HeaderMap = Readonly<Record<string, string>>;

const NO_HEADERS: HeaderMap = Object.freeze({});

/** The longest time that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** Takes a request; settles when its answer is over. Never rejects. */
export type Handler = (exchange: HttpExchange) => Promise<void>;

export abstract class HttpExchange {
  /** The client has its answer, or is not there any more. */
  isOver = false;
  /** The client went away (or the simulator closed) before the answer ended. */
  aborted = false;
  /**
   * Called once, when the answer is as good as over. That is just before its last bytes go out: a client that has them
   * may send its next request, and must not find this one still counted.
   */
  onSettled: (() => void) | undefined;
  /** May the connection serve another request? Read when the head is written; only HTTP/1.1 knows the question. */
  keepAlive = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: ((there: boolean) => void) | undefined;

  constructor(
    readonly method: string,
    readonly path: string,
    /** The request headers, names in lower case. */
    public headers: HeaderMap,
    /** The request body as text. */
    public body: string,
  ) {}

  /** The request was read and is not needed any more: ten thousand that wait for their answers need not carry theirs. */
  forgetRequest(): void {
    this.headers = NO_HEADERS;
    this.body = "";
  }

  /** Keeps status and headers until the next write. Without a length the body's end is marked by the protocol. */
  abstract writeHead(status: number, headers: HeaderMap, length?: number): void;

  /** Sends what is kept and a piece of the body, which may be empty; `end` ends the answer. */
  abstract write(text: string, end: boolean): Promise<void>;

  /** Sends what is kept, piece by piece over that time; false if the client went away. */
  abstract trickle(ms: number): Promise<boolean>;

  /** Ends the answer the hard way: the client sees a connection error. */
  abstract drop(): void;

  /** Waits, for ever if need be, but not longer than the client does: false if it went away. */
  wait(ms: number): Promise<boolean> {
    if (this.isOver) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (ms <= LONGEST) {
        this.#timer = setTimeout(() => {
          this.#timer = this.#wake = undefined;
          resolve(true);
        }, ms);
      }
    });
  }

  /** Waits for a promise, but not longer than the client does: `undefined` if it went away. */
  untilClientGone<T>(promise: Promise<T>): Promise<T | undefined> {
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

  /** The wire tells that nobody listens any more: frees the timer and wakes who waits. */
  clientGone(): void {
    if (this.isOver) return;
    this.isOver = this.aborted = true;
    this.settle();
    clearTimeout(this.#timer);
    const wake = this.#wake;
    this.#timer = this.#wake = undefined;
    wake?.(false);
  }
}
