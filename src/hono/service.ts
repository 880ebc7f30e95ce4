import { delay } from "@std/async/delay";
import type { Context } from "hono";
import type { Callable } from "../call/options/callable.ts";
import { Limiter } from "../limits/limiter.ts";
import { holdTimers } from "../async/timer.ts";
import { PrincipalQuotas } from "./principal_quotas.ts";
import type { Principal } from "./auth.ts";
import { BatchStreamStore } from "./batch/batch_stream_store.ts";
import { type ResolvedLimits, resolveLimits, type RouteLimits } from "./limits.ts";
import { RequestLifecycle, type RequestLifecycleOptions } from "./request_lifecycle.ts";
import { Problem } from "./problem.ts";
import { endSilentRequests } from "../async/heartbeat.ts";
import { IO_PER_REQUEST } from "../async/io_per_request.ts";
import { holdRequest } from "./hold_request.ts";
import { Activity } from "./activity.ts";
import type { ErrorReporter } from "./error_reporter.ts";
import type { FailedRequest } from "./options.ts";
import { type OnCallEnd, ServedAgent } from "./served_agent.ts";
import { SignInThrottle } from "./access/sign_in_throttle.ts";
import type { SecurityCounts } from "./metrics.ts";

/** The environment of the Hono app. */
export interface Env {
  /** Variables of a request. */
  Variables: {
    /** The ID of the request: the client's, if it has sent one. */
    requestId: string;
    /** The ID of its run, which no client can choose. */
    runId: string;
    /** The caller; absent on open routes. */
    principal?: Principal;
    /** Whether errors also need the format of OpenAI's API. */
    openai?: boolean;
  };
}

/** The outcome of a shutdown. */
export interface ShutdownReport {
  /** How many requests finished within the grace period. */
  readonly finished: number;
  /** How many requests were aborted at its end. */
  readonly aborted: number;
}

/** Returns the request as `onError` receives it. */
export function failedRequestOf(c: Context<Env>): FailedRequest {
  const { method, path } = c.req;
  return { id: c.get("requestId"), method, path };
}

/** Options of a {@linkcode Service}. */
export interface ServiceOptions {
  /** The limits that are set. */
  readonly limits: RouteLimits | undefined;
  /** How long a stream may be silent, in milliseconds. */
  readonly heartbeat: number;
  /** Reports errors of the server's own code. */
  readonly reporter: ErrorReporter;
}

/** How long a response may take from its handler to the socket, in milliseconds. */
const SEND_TIME = 100;

/** The state that all routes share: agents, limits, requests in progress, and the shutdown. */
export class Service {
  readonly agents: ReadonlyMap<string, ServedAgent>;
  readonly activity: Activity;
  readonly limits: ResolvedLimits;
  readonly quotas: PrincipalQuotas;
  readonly batches: BatchStreamStore;
  /** Slows down guesses of tokens. */
  readonly signIns: SignInThrottle = new SignInThrottle();
  /** How many requests had no valid token. */
  unauthorized = 0;
  /** Every attempt needs a permit of it. */
  readonly limiter: Limiter;
  /** How long a stream may be silent, in milliseconds. */
  readonly heartbeat: number;
  /** Reports errors of the server's own code. */
  readonly reporter: ErrorReporter;
  #isClosing = false;
  #onClose: (() => void) | undefined;
  /** The requests in progress, by the IDs of their runs. */
  readonly #requests = new Map<string, RequestLifecycle>();
  #onEmpty: (() => void) | undefined;
  #releaseTimers: (() => void) | undefined;

  /** Creates the state for these agents. */
  constructor(
    agents: readonly Callable[],
    { limits, heartbeat, reporter }: ServiceOptions,
  ) {
    this.limits = resolveLimits(limits);
    this.heartbeat = heartbeat;
    this.reporter = reporter;
    this.activity = new Activity(agents.map(({ name }) => name));
    const onEnd: OnCallEnd = (run, result) => this.#requests.get(run)?.reportCall(result);
    this.agents = new Map(
      agents.map((one) => [one.name, new ServedAgent(one, this.activity, onEnd)]),
    );
    this.quotas = new PrincipalQuotas(this.limits);
    this.batches = new BatchStreamStore(this.limits);
    const { concurrency, reserve } = this.limits;
    this.limiter = new Limiter({ concurrency, reserve });
  }

  /** Whether it rejects new requests. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** What is counted for `/metrics` besides the calls of agents. */
  get security(): SecurityCounts {
    const { failures, rejected } = this.signIns;
    return {
      unauthorized: this.unauthorized,
      signInFailures: failures,
      signInsRejected: rejected,
    };
  }

  /** Sets the callback for the moment from which new requests are rejected. */
  onClose(callback: () => void): void {
    this.#onClose = callback;
  }

  /**
   * Returns the agent with this name.
   *
   * @throws {Problem} If there is none.
   */
  getAgent(name: string | undefined): ServedAgent {
    const agent = this.agents.get(name ?? "");
    if (agent !== undefined) return agent;
    throw new Problem(404, "unknown_agent", "There is no agent with that name: GET / lists them");
  }

  /**
   * Admits a request for calls.
   *
   * @throws {Problem} If the server is busy or shutting down, or a limit of the caller is exceeded.
   */
  admit(
    c: Context<Env>,
    options: Omit<RequestLifecycleOptions, "id" | "request">,
  ): RequestLifecycle {
    if (this.isClosing) throw this.shuttingDown();
    if (IO_PER_REQUEST) endSilentRequests(performance.now());
    if (this.#requests.size >= this.limits.maxRequests) {
      throw new Problem(503, "busy", "The server is busy: try again later", {
        retryAfterMs: 1_000,
      });
    }
    const quota = this.quotas.get(c.get("principal")!);
    const id = c.get("runId");
    const request = failedRequestOf(c);
    const lifecycle = new RequestLifecycle(this, quota, { ...options, id, request });
    if (this.#requests.size === 0) this.#releaseTimers = holdTimers();
    this.#requests.set(id, lifecycle);
    lifecycle.hold = holdRequest(c, lifecycle);
    return lifecycle;
  }

  /** Removes a request that has ended. */
  release(lifecycle: RequestLifecycle): void {
    this.activity.endRun(lifecycle.id);
    this.#requests.delete(lifecycle.id);
    if (this.#requests.size > 0) return;
    this.#releaseTimers?.();
    this.#onEmpty?.();
  }

  /** Creates the problem for requests during a shutdown. */
  shuttingDown(): Problem {
    return new Problem(503, "shutting_down", "The server is shutting down: try again later", {
      retryAfterMs: 1_000,
    });
  }

  /**
   * Rejects new requests, waits up to `grace` milliseconds for those in progress, aborts the rest.
   */
  async shutdown(grace: number): Promise<ShutdownReport> {
    this.#isClosing = true;
    this.#onClose?.();
    const inProgress = this.#requests.size;
    const empty = Promise.withResolvers<void>();
    this.#onEmpty = empty.resolve;
    let aborted = 0;
    if (inProgress > 0) {
      const timer = setTimeout(() => {
        aborted = this.#requests.size;
        const reason = new DOMException("The server has shut down", "AbortError");
        for (const lifecycle of [...this.#requests.values()]) lifecycle.abort(reason);
      }, grace);
      await empty.promise;
      clearTimeout(timer);
      // The last responses may not be sent yet, and the process may exit right after this.
      await delay(SEND_TIME);
    }
    this.batches.clear();
    return { finished: inProgress - aborted, aborted };
  }
}
