import { delay } from "@std/async/delay";
import type { Context } from "hono";
import type { Callable } from "../call/options/callable.ts";
import { Limiter } from "../limits/limiter.ts";
import { holdTimers } from "../async/timer.ts";
import { PrincipalQuotas } from "./principal_quotas.ts";
import type { Principal } from "./auth.ts";
import { BatchStreamStore } from "./batch/batch_store.ts";
import { type ResolvedLimits, resolveLimits, type RouteLimits } from "./limits.ts";
import { RequestLifecycle, type RequestLifecycleOptions } from "./request_lifecycle.ts";
import { Problem } from "./problem.ts";
import { Activity } from "./activity.ts";
import { ServedAgent } from "./served_agent.ts";

/** What the routes hand each other with a request. */
export interface Env {
  /** What is known of it. */
  Variables: {
    /** Its id. */
    requestId: string;
    /** Who sends it; absent on routes that are open to all. */
    principal?: Principal;
    /** Is it for the OpenAI face, whose clients want errors of another form? */
    openai?: boolean;
  };
}

/** How {@linkcode Service.shutdown} ended. */
export interface ShutdownReport {
  /** How many requests were finished within the grace time. */
  readonly finished: number;
  /** How many were aborted at its end. */
  readonly aborted: number;
}

/** So long an answer takes from its handler to the socket, in milliseconds. */
const UNTIL_SENT = 100;

/** What all routes share: who is served, what is let through, what is in progress, and the end of it all. */
export class Service {
  readonly agents: ReadonlyMap<string, ServedAgent>;
  readonly activity: Activity;
  readonly limits: ResolvedLimits;
  readonly quotas: PrincipalQuotas;
  readonly batches: BatchStreamStore;
  /** What every attempt needs a permit of. */
  readonly limiter: Limiter;
  readonly #close = new AbortController();
  readonly #stop = new AbortController();
  /** By their ids. */
  readonly #exchanges = new Map<string, RequestLifecycle>();
  #left: (() => void) | undefined;
  #letGo: (() => void) | undefined;

  /** Serves these. */
  constructor(
    agents: readonly Callable[],
    limits: RouteLimits | undefined,
    readonly heartbeat: number,
  ) {
    this.limits = resolveLimits(limits);
    this.activity = new Activity(agents.map(({ name }) => name));
    this.agents = new Map(agents.map((one) => [one.name, new ServedAgent(one, this.activity)]));
    this.quotas = new PrincipalQuotas(this.limits);
    this.batches = new BatchStreamStore(this.limits);
    const { concurrency, reserve } = this.limits;
    this.limiter = new Limiter({ concurrency, reserve });
  }

  /** Does it take no more requests? */
  get isClosing(): boolean {
    return this.#close.signal.aborted;
  }

  /** Aborts as soon as it takes no more requests: who only watches is not waited for. */
  get closed(): AbortSignal {
    return this.#close.signal;
  }

  /** Aborts when what is in progress is not waited for any longer. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * The agent of that name.
   *
   * @throws {Problem} If there is none.
   */
  getAgent(name: string | undefined): ServedAgent {
    const agent = this.agents.get(name ?? "");
    if (agent !== undefined) return agent;
    throw new Problem(404, "unknown_agent", "There is no agent of that name: GET / lists them");
  }

  /**
   * Admits a request for calls.
   *
   * @throws {Problem} If there is no room for it.
   */
  admit(
    c: Context<Env>,
    options: Pick<RequestLifecycleOptions, "kind" | "agent">,
  ): RequestLifecycle {
    if (this.isClosing) throw this.shuttingDown();
    if (this.#exchanges.size >= this.limits.maxRequests) {
      throw new Problem(503, "busy", "The server is busy: try again later", {
        retryAfterMs: 1_000,
      });
    }
    const account = this.quotas.get(c.get("principal")!);
    const asked = c.get("requestId");
    // Clients choose their ids: what one does must not be taken for what another does.
    const id = this.#exchanges.has(asked) ? crypto.randomUUID() : asked;
    const lifecycle = new RequestLifecycle(this, account, { ...options, id });
    if (this.#exchanges.size === 0) this.#letGo = holdTimers();
    this.#exchanges.set(id, lifecycle);
    return lifecycle;
  }

  /** A request has ended. */
  release(lifecycle: RequestLifecycle): void {
    this.activity.endRun(lifecycle.id);
    this.#exchanges.delete(lifecycle.id);
    if (this.#exchanges.size > 0) return;
    this.#letGo?.();
    this.#left?.();
  }

  /** The answer to whom comes too late. */
  shuttingDown(): Problem {
    return new Problem(503, "shutting_down", "The server is shutting down: try again", {
      retryAfterMs: 1_000,
    });
  }

  /** Takes no more, lets what is in progress finish within so many milliseconds, and then aborts it. */
  async shutdown(grace: number): Promise<ShutdownReport> {
    this.#close.abort(new DOMException("The server takes no more requests", "AbortError"));
    const inProgress = this.#exchanges.size;
    const empty = Promise.withResolvers<void>();
    this.#left = empty.resolve;
    let aborted = 0;
    if (inProgress > 0) {
      const timer = setTimeout(() => {
        aborted = this.#exchanges.size;
        this.#stop.abort(new DOMException("The server has shut down", "AbortError"));
      }, grace);
      await empty.promise;
      clearTimeout(timer);
      // The last answers are made, but not sent yet: who ends the process now would cut them off.
      await delay(UNTIL_SENT);
    }
    this.batches.clear();
    return { finished: inProgress - aborted, aborted };
  }
}
