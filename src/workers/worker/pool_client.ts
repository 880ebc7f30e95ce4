/** The worker's end of the connection to its pool: sends requests and receives responses. */
import { onAbort } from "../../async/abort.ts";
import { decodeError, encodeError } from "../error_codec.ts";
import type { AttemptOutcome } from "../../call/outgoing.ts";
import type { PoolRequest, RequestOutcome, WorkerMessage } from "../messages.ts";

/** The pool has answered a request with an error. */
export class RequestFailed extends Error {
  /** The name of the class. */
  override readonly name = "RequestFailed";

  /** Takes what was thrown in the pool, and the value sent with it. */
  constructor(readonly thrown: unknown, readonly value: unknown) {
    super("the pool has answered with an error");
  }
}

/** Sends requests to the pool, and settles them with its responses. */
export class PoolClient {
  readonly #post: (message: WorkerMessage) => void;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastRequestId = 0;

  /** Sends messages by `post`. */
  constructor(post: (message: WorkerMessage) => void) {
    this.#post = post;
  }

  /** Sends a message that has no response. */
  post(message: WorkerMessage): void {
    this.#post(message);
  }

  /**
   * Sends a request that belongs to a call, and returns the value of the response.
   *
   * @throws {RequestFailed} If the response is an error.
   * @throws The signal's reason, as soon as it aborts. Then the request is cancelled.
   */
  async request(
    callId: number,
    request: PoolRequest,
    signal?: AbortSignal,
  ): Promise<{ readonly requestId: number; readonly value: unknown }> {
    signal?.throwIfAborted();
    const requestId = ++this.#lastRequestId;
    const response = Promise.withResolvers<unknown>();
    this.#pending.set(requestId, response);
    const removeListener = signal && onAbort(signal, () => {
      if (!this.#pending.delete(requestId)) return;
      this.#post({ type: "cancel-request", requestId });
      response.reject(signal.reason);
    });
    try {
      this.#post({ type: "request", requestId, callId, request });
      return { requestId, value: await response.promise };
    } finally {
      this.#pending.delete(requestId);
      removeListener?.();
    }
  }

  /** Settles a request with its response. Responses to cancelled requests are ignored. */
  handleResponse(requestId: number, outcome: RequestOutcome): void {
    const response = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    if (outcome.ok) response?.resolve(outcome.value);
    else response?.reject(new RequestFailed(decodeError(outcome.error), outcome.value));
  }

  /** Reports that an admitted attempt has ended. */
  attemptEnded(admissionId: number, outcome: AttemptOutcome): void {
    this.#post({ type: "attempt-ended", admissionId, ...outcome });
  }

  /** Reports that this worker is about to end, and why. */
  reportCrash(thrown: unknown): void {
    this.#post({ type: "crashed", error: encodeError(thrown) });
  }
}
