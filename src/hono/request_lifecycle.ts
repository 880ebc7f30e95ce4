import { type CallContext, currentContext, inContext } from "../call/context.ts";
import { ChildAbort, onAbort } from "../async/abort.ts";
import type { Limiter } from "../limits/limiter.ts";
import { RunError } from "../model/errors.ts";
import { AgentError, type Result } from "../model/result.ts";
import type { Activity, RunKind } from "./activity.ts";
import type { StreamOwner } from "./stream/event_stream.ts";
import type { ResolvedLimits } from "./limits.ts";
import type { PrincipalQuota } from "./principal_quota.ts";
import type { ErrorReporter } from "./error_reporter.ts";
import type { FailedRequest } from "./options.ts";
import { Problem } from "./problem.ts";
import { toProblem } from "./public_error.ts";

/** Options of {@linkcode RequestLifecycle}. */
export interface RequestLifecycleOptions {
  /** The ID of the run. */
  readonly id: string;
  /** The kind of the run. */
  readonly kind: RunKind;
  /** The name of the agent; absent for a batch. */
  readonly agent?: string;
  /** The request as `onError` receives it. */
  readonly request: FailedRequest;
}

/** The service that admits a request, as the request sees it. */
export interface RequestHost {
  readonly limits: ResolvedLimits;
  readonly activity: Pick<Activity, "beginRun">;
  /** Every attempt needs a permit of it. */
  readonly limiter: Limiter;
  /** Reports errors of the server's own code. */
  readonly reporter: ErrorReporter;
  /** Whether it rejects new requests. */
  readonly isClosing: boolean;
  /** Called when the request has ended. */
  release(lifecycle: RequestLifecycle): void;
  /** Creates the problem for requests during a shutdown. */
  shuttingDown(): Problem;
}

/**
 * One request for calls, from its admission to its end: it holds the caller's quota, sets the
 * deadline, and aborts the calls. Calls run in its context, so that the limits apply to all of
 * them, however deeply nested.
 */
export class RequestLifecycle implements Disposable, StreamOwner {
  readonly id: string;
  readonly requestId: string;
  readonly kind: RunKind;
  readonly agent: string | undefined;
  readonly quota: PrincipalQuota;
  readonly #host: RequestHost;
  readonly #request: FailedRequest;
  readonly #abort: ChildAbort;
  readonly #context: CallContext;
  /** Released at the end of the request. */
  hold: Disposable | undefined;
  #unfollow: (() => void) | undefined;
  #onEnd: (() => void) | undefined;
  #open = true;
  #keptOpen = false;

  /**
   * Admits the request.
   *
   * @throws {Problem} If a limit of the caller is exceeded.
   */
  constructor(host: RequestHost, quota: PrincipalQuota, options: RequestLifecycleOptions) {
    quota.enter(options.kind);
    this.id = options.id;
    this.requestId = options.request.id;
    this.kind = options.kind;
    this.agent = options.agent;
    this.quota = quota;
    this.#host = host;
    this.#request = options.request;
    this.#abort = new ChildAbort();
    const outer = currentContext();
    this.#context = {
      ...outer,
      signal: this.#abort.signal,
      limiters: [
        ...quota.limiter === undefined ? [] : [quota.limiter],
        host.limiter,
        ...outer.limiters,
      ],
      budgets: [...quota.budgets(), ...outer.budgets],
      // Above that of batches, which set 0 for their own calls: a client waits for the answer.
      priority: 1,
    };
  }

  /** Aborts on a disconnect, at the deadline, and when the server stops. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Records that the run begins, with this number of calls. */
  begin(total: number): void {
    const { id, requestId, kind, agent, quota } = this;
    this.#host.activity.beginRun({
      id,
      ...(requestId !== id && { requestId }),
      kind,
      agent,
      principal: quota.id,
      total,
    });
  }

  /** Starts the deadline of the limits, extended by `extra` milliseconds. */
  startDeadline(extra = 0): void {
    const { deadline } = this.#host.limits;
    this.#abort.abortAfter(deadline + extra, `the request was not finished within ${deadline} ms`);
  }

  /** Whether the request has not ended yet. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Runs a function, and all calls that it makes, in the context of this request. */
  run<T>(fn: () => T): T {
    return inContext(this.#context, fn);
  }

  /**
   * Abandons the request when the signal aborts, that is when the client disconnects. Streamed
   * responses detect that themselves; and to access a request's signal takes time, and on Deno
   * causes a warning.
   */
  abandonOn(signal: AbortSignal): void {
    this.#unfollow = onAbort(signal, () => this.abandon());
  }

  /** Aborts all calls of the request, as the client has disconnected. */
  abandon(): void {
    this.abort(new DOMException("The client has disconnected", "AbortError"));
  }

  /** Aborts all calls of the request with this reason. */
  abort(reason: DOMException): void {
    this.#abort.abort(reason);
  }

  /** Reports what the code of an agent threw in a call of this request. */
  reportCall(result: Result | AgentError): void {
    this.#host.reporter.reportCall(result, this.#request);
  }

  /** Maps anything thrown to a problem of this request, and reports an internal error. */
  toProblem(error: unknown): Problem {
    const problem = this.#problemOf(error);
    this.#host.reporter.reportProblem(problem, this.#request);
    return problem;
  }

  #problemOf(error: unknown): Problem {
    // A run that ended early is reported by its cause.
    const thrown = error instanceof RunError ? error.cause : error;
    const problem = toProblem(thrown);
    const { code, message, status, options } = problem;
    if (this.signal.aborted && (code === "aborted" || thrown === this.signal.reason)) {
      return this.#host.isClosing
        ? this.#host.shuttingDown()
        : new Problem(499, "aborted", "The request was aborted");
    }
    if (code === "budget" && options.retryAfterMs === undefined && thrown instanceof AgentError) {
      return new Problem(status, code, message, {
        ...options,
        retryAfterMs: this.quota.budgetRenewsIn(thrown.cause),
      });
    }
    return problem;
  }

  /** Sets the callback for the end of the request. */
  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  /** Keeps the request open after its handler returns; the response must call `end`. */
  keepOpen(): void {
    this.#keptOpen = true;
  }

  /**
   * Ends the request and releases what it holds. Does nothing if it has ended already. Running
   * calls are not aborted: `abandon` does that first where needed, as most requests end with
   * nothing left to abort, and an abort is not cheap.
   */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#unfollow?.();
    this.#abort[Symbol.dispose]();
    this.quota.leave();
    this.#host.release(this);
    this.#onEnd?.();
    this.hold?.[Symbol.dispose]();
  }

  /** Ends the request when its handler returns, unless it is kept open. */
  [Symbol.dispose](): void {
    if (!this.#keptOpen) this.end();
  }
}
