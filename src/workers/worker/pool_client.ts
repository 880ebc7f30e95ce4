/** The pool, as its worker sees it: questions go there, and answers come back. */
import { onAbort } from "../../async/abort.ts";
import { decodeError, encodeError } from "../error_codec.ts";
import type { Answered, FromWorker, Leaving, Question } from "../messages.ts";

/** A question that was not answered with a value. */
export class Refused extends Error {
  /** Its name, as the runtime shows it. */
  override readonly name = "Refused";

  /** With what was thrown, and what was said beside it. */
  constructor(readonly thrown: unknown, readonly value: unknown) {
    super("the pool refused");
  }
}

/** Asks the pool. */
export class Parent {
  readonly #post: (message: FromWorker) => void;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #n = 0;

  /** `post` sends what can be cloned. */
  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /** Tells, and waits for nothing. */
  tell(message: FromWorker): void {
    this.#post(message);
  }

  /**
   * Asks for a call, and gives the number of the question with the answer.
   *
   * @throws {Refused} If that is the answer.
   * @throws The signal's reason, as soon as it aborts: then the question is withdrawn.
   */
  async ask(
    id: number,
    question: Question,
    signal?: AbortSignal,
  ): Promise<{ readonly n: number; readonly value: unknown }> {
    signal?.throwIfAborted();
    const n = ++this.#n;
    const asked = Promise.withResolvers<unknown>();
    this.#asked.set(n, asked);
    const release = signal && onAbort(signal, () => {
      if (!this.#asked.delete(n)) return;
      this.#post({ type: "withdraw", n });
      asked.reject(signal.reason);
    });
    try {
      this.#post({ type: "ask", n, id, question });
      return { n, value: await asked.promise };
    } finally {
      this.#asked.delete(n);
      release?.();
    }
  }

  /** An answer has come; to one that was withdrawn nobody listens. */
  answered(n: number, answer: Answered): void {
    const asked = this.#asked.get(n);
    this.#asked.delete(n);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(new Refused(decodeError(answer.error), answer.value));
  }

  /** An attempt has ended that was let out under this number. */
  leave(n: number, leaving: Leaving): void {
    this.#post({ type: "leave", n, ...leaving });
  }

  /** Tells that this isolate is about to end, and why. */
  dying(thrown: unknown): void {
    this.#post({ type: "dying", error: encodeError(thrown) });
  }
}
