import { type CallContext, currentContext, inContext } from "../call/context.ts";
import { ChildAbort, onAbort } from "../async/abort.ts";
import type { Limiter } from "../limits/limiter.ts";
import { AgentError } from "../model/errors.ts";
import type { Account } from "./principal_quota.ts";
import { problemOf } from "./public_error.ts";
import { Problem } from "./problem.ts";
import type { Registry, RunKind } from "./activity.ts";
import type { Caps } from "./limits.ts";

/** What a request for calls is about. */
export interface ExchangeOptions {
  /** The id of the request. */
  readonly id: string;
  /** How it asks. */
  readonly kind: RunKind;
  /** Who is called; absent for a batch. */
  readonly agent?: string;
}

/** The service that a request is admitted to, as the request sees it. */
export interface ExchangeHost {
  readonly caps: Caps;
  readonly registry: Pick<Registry, "beginRun">;
  /** Every attempt needs a permit of it. */
  readonly limiter: Limiter;
  /** Whether no more requests are admitted. */
  readonly closing: boolean;
  /** Aborts when requests in flight are no longer waited for. */
  readonly stopped: AbortSignal;
  /** Called when the request has ended. */
  leave(exchange: Exchange): void;
  /** The problem that is reported to requests during a shutdown. */
  tooLate(): Problem;
}

/**
 * One request for calls, from its admission to its end: what it may do, what ends it, and that everything is given back. Calls are made
 * in its context, so that the limits hold for whatever they do, however deep.
 */
export class Exchange implements Disposable {
  readonly id: string;
  readonly kind: RunKind;
  readonly agent: string | undefined;
  readonly account: Account;
  readonly #host: ExchangeHost;
  readonly #abort: ChildAbort;
  readonly #context: CallContext;
  #release: (() => void) | undefined;
  #open = true;
  #kept = false;

  /**
   * Admits the request.
   *
   * @throws {Problem} If the account may not do more.
   */
  constructor(host: ExchangeHost, account: Account, options: ExchangeOptions) {
    account.enter(options.kind === "batch");
    this.id = options.id;
    this.kind = options.kind;
    this.agent = options.agent;
    this.account = account;
    this.#host = host;
    this.#abort = new ChildAbort(host.stopped);
    const outer = currentContext();
    this.#context = {
      ...outer,
      signal: this.#abort.signal,
      limiters: [
        ...account.limiter === undefined ? [] : [account.limiter],
        host.limiter,
        ...outer.limiters,
      ],
      budgets: [...account.budgets(), ...outer.budgets],
      // Somebody waits for it. Runs set it to 0 for their own calls.
      priority: 1,
    };
  }

  /** Aborts when the client is gone, the time is over, the server stops or the request has ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tells that the calls begin: so many of them. */
  begin(total: number): void {
    const { id, kind, agent, account } = this;
    this.#host.registry.beginRun({ id, kind, agent, principal: account.id, total });
  }

  /** From now on it may take no longer than the limits allow, and so many milliseconds more. */
  limitTime(more = 0): void {
    const { deadline } = this.#host.caps;
    this.#abort.abortAfter(deadline + more, `the request was not finished within ${deadline} ms`);
  }

  /** Has it not ended yet? */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Runs the function with everything it calls in this request's context. */
  run<T>(fn: () => T): T {
    return inContext(this.#context, fn);
  }

  /**
   * It is abandoned when this signal aborts, which tells that the client is gone. An answer that is streamed notices that itself; asking for
   * a request's signal costs time, and on Deno a warning.
   */
  follow(signal: AbortSignal): void {
    this.#release = onAbort(signal, () => this.abandon());
  }

  /** The client is gone: everything that is done for it ends. */
  abandon(): void {
    this.#abort.abort(new DOMException("The client has gone away", "AbortError"));
  }

  /** Whatever was thrown, as a problem of this request. */
  problemOf(thrown: unknown): Problem {
    const problem = problemOf(thrown);
    const { code, message, status, options } = problem;
    if (this.signal.aborted && (code === "aborted" || thrown === this.signal.reason)) {
      return this.#host.closing
        ? this.#host.tooLate()
        : new Problem(499, "aborted", "The request was aborted");
    }
    if (code === "budget" && options.retryAfterMs === undefined && thrown instanceof AgentError) {
      return new Problem(status, code, message, {
        ...options,
        retryAfterMs: this.account.renewsIn(),
      });
    }
    return problem;
  }

  /** It goes on after its handler has returned: whoever writes the answer ends it. */
  keep(): void {
    this.#kept = true;
  }

  /**
   * It is over: everything is given back. What is still done for it is aborted by `abandon`, before this: most requests end with nothing
   * left to abort, and an abort that nobody hears is not cheap. Calling it again does no harm.
   */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#release?.();
    this.#abort[Symbol.dispose]();
    this.account.leave();
    this.#host.leave(this);
  }

  /** Ends it with its handler, unless it is kept. */
  [Symbol.dispose](): void {
    if (!this.#kept) this.end();
  }
}
