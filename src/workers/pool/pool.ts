import type { Callable } from "../../call/options/callable.ts";
import type { ModeCall } from "../../call/options/mode.ts";
import type { Result } from "../../model/result.ts";
import { ExportedAgents } from "./exported_agents.ts";
import { PoolCall } from "./pool_call.ts";
import { PoolWorker, type PoolWorkerOptions } from "./pool_worker.ts";
import { PoolWorkers } from "./pool_workers.ts";
import { WorkerProviders } from "./worker_providers.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import type { WorkerPool, WorkerStats } from "../worker_pool.ts";

/** Options of a {@linkcode Pool}; the caller has checked them. */
export interface PoolOptions
  extends Pick<PoolWorkerOptions, "module" | "memory" | "permissions" | "grace"> {
  readonly size: number;
  readonly perWorker: number;
}

/** The number of consecutive workers that may end before they are ready. */
const MAX_FAILED_STARTS = 3;

/** Queues calls, assigns them to workers, and repeats those whose worker ended if that is safe. */
export class Pool implements WorkerPool {
  readonly #options: PoolOptions;
  readonly #providers = new WorkerProviders();
  readonly #workers = new PoolWorkers();
  readonly #waiting = new WaitingCalls();
  /** The calls in flight, with their workers. */
  readonly #running = new Map<PoolCall, PoolWorker>();
  /** Settles once the first worker has loaded the module, or failed to. */
  #loading = Promise.withResolvers<ExportedAgents>();
  #agents: ExportedAgents | undefined;
  #failedStarts = 0;
  #restarts = 0;
  #startMs: number | undefined;
  #closing: Promise<void> | undefined;

  /** Creates the pool. No worker is started yet. */
  constructor(options: PoolOptions) {
    this.#options = options;
    // Only `prepare` waits for it: without a handler a rejection would end the process.
    this.#loading.promise.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  async ready(): Promise<void> {
    this.#checkOpen("start the workers");
    while (this.#workers.size < this.#options.size) this.#startWorker();
    try {
      await this.#workers.whenStarted();
    } catch (reason) {
      this.#checkOpen("start the workers");
      throw this.#loadError(reason);
    }
  }

  async prepare(agents: Iterable<Callable>): Promise<void> {
    this.#checkOpen("start the workers");
    if (this.#agents === undefined && this.#workers.size === 0) this.#startWorker();
    const exported = this.#agents ?? await this.#loading.promise;
    for (const agent of agents) exported.exportFor(agent);
  }

  async settle(modeCall: ModeCall): Promise<Result> {
    this.#checkOpen(`call "${modeCall.agent.name}"`);
    const call = new PoolCall(modeCall);
    this.#waiting.add(call);
    call.onAbort(() => this.#abort(call));
    this.#dispatch();
    try {
      return await call.result;
    } finally {
      this.#running.delete(call);
    }
  }

  stats(): WorkerStats {
    return {
      size: this.#options.size,
      busy: this.#workers.busy,
      inFlight: this.#workers.inFlight,
      waiting: this.#waiting.size,
      restarts: this.#restarts,
      startMs: this.#startMs,
    };
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const reason = new DOMException("The pool of workers was closed", "AbortError");
    const calls = [...this.#waiting.clear(), ...this.#running.keys()];
    const workers = this.#workers.clear();
    this.#loading.reject(reason);
    const ends = workers.map((worker) => worker.terminate(reason));
    await Promise.all(
      calls.map((call) => call.settleWithCode("aborted", "the pool of workers was closed", reason)),
    );
    await Promise.all(ends);
  }

  #checkOpen(doing: string): void {
    if (this.isOpen) return;
    throw new TypeError(`Cannot ${doing} as the pool of workers was closed`);
  }

  /** Assigns waiting calls to workers with room, and starts more workers up to the maximum. */
  #dispatch(): void {
    if (!this.isOpen) return;
    for (const call of this.#waiting.isolated) {
      const worker = this.#workers.takeIdle();
      if (worker === undefined) break;
      this.#waiting.delete(call);
      worker.isReserved = true;
      this.#assign(call, worker);
    }
    for (let next = this.#waiting.next; next !== undefined; next = this.#waiting.next) {
      const worker = this.#workers.leastLoaded(this.#options.perWorker, this.#waiting.size);
      if (worker === undefined) break;
      this.#waiting.delete(next);
      this.#assign(next, worker);
    }
    const { size } = this.#options;
    // The common case: all workers are running.
    if (this.#workers.size === size) return;
    const needed = Math.min(size, this.#waiting.size + this.#workers.inFlight);
    while (this.#workers.size < needed && this.#failedStarts < MAX_FAILED_STARTS) {
      this.#startWorker();
    }
  }

  #assign(call: PoolCall, worker: PoolWorker): void {
    let key: string;
    try {
      key = this.#agents!.exportFor(call.agent);
    } catch (error) {
      worker.isReserved &&= worker.load > 0;
      call.reject(error);
      return;
    }
    this.#running.set(call, worker);
    worker.assign(call, key);
  }

  #abort(call: PoolCall): void {
    if (this.#waiting.delete(call)) void call.settleAborted();
    else this.#running.get(call)?.abort(call);
  }

  #startWorker(): void {
    const startedAt = performance.now();
    const worker: PoolWorker = new PoolWorker({
      ...this.#options,
      providers: this.#providers,
      onReady: (agents, configured) => {
        this.#startMs = performance.now() - startedAt;
        this.#failedStarts = 0;
        this.#agents ??= new ExportedAgents(this.#options.module, agents, configured);
        this.#loading.resolve(this.#agents);
        this.#dispatch();
      },
      onFree: () => this.#dispatch(),
      onLost: (reason, wasReady) => {
        this.#workers.delete(worker);
        if (wasReady) this.#restarts++;
        else this.#startFailed(reason);
        this.#recoverCalls([...worker.calls], reason);
        this.#dispatch();
      },
    });
    this.#workers.add(worker);
  }

  /** Settles the calls of a worker that has ended, or queues them again. */
  #recoverCalls(calls: readonly PoolCall[], reason: unknown): void {
    for (const call of calls) {
      this.#running.delete(call);
      // A call that was alone ended the worker. Any other runs again, if that repeats nothing.
      const canRepeat = calls.length > 1 && !call.hasSideEffects && !call.survivedCrash;
      if (call.isSettled) continue;
      if (call.signal.aborted) {
        void call.settleAborted();
      } else if (canRepeat) {
        call.requeue();
        this.#waiting.addIsolated(call);
      } else {
        void call.settleWithCode("tool", `its worker ended: ${describe(reason)}`, reason);
      }
    }
  }

  /**
   * Rejects all calls if no worker has ever loaded the module; otherwise tries a few times more.
   */
  #startFailed(reason: unknown): void {
    this.#failedStarts++;
    const isHopeless = this.#workers.size === 0 && this.#failedStarts >= MAX_FAILED_STARTS;
    if (this.#agents !== undefined && !isHopeless) return;
    const error = this.#loadError(reason);
    for (const call of this.#waiting.clear()) call.reject(error);
    this.#loading.reject(error);
    this.#loading = Promise.withResolvers();
    this.#loading.promise.catch(() => {});
    // Later calls try again: the module may have been fixed.
    this.#failedStarts = 0;
  }

  #loadError(cause: unknown): TypeError {
    const { module } = this.#options;
    return new TypeError(
      `Cannot start the workers as ${module} does not load in them: ${describe(cause)}`,
      { cause },
    );
  }
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : "a value was thrown that is not an Error";
}
