import type { Callable } from "../../call/options/callable.ts";
import type { ModeCall } from "../../call/options/mode.ts";
import type { Result } from "../../model/result.ts";
import { Agents } from "./exported_agents.ts";
import { Call } from "./pool_call.ts";
import { Isolate, type IsolateOptions } from "./pool_worker.ts";
import { Isolates } from "./pool_workers.ts";
import { Providers } from "./worker_providers.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import type { WorkerPool, WorkerStats } from "../worker_pool.ts";

/** What a {@linkcode Pool} is made of; checked before. */
export interface PoolOptions
  extends Pick<IsolateOptions, "module" | "memory" | "permissions" | "grace"> {
  readonly size: number;
  readonly perWorker: number;
}

/** So many workers in a row may end before they are ready. */
const MOST_FAILURES = 3;

/** The pool: calls wait here for a place in a worker, and survive the end of one if that is safe. */
export class Pool implements WorkerPool {
  readonly #options: PoolOptions;
  readonly #providers = new Providers();
  readonly #isolates = new Isolates();
  readonly #waiting = new WaitingCalls();
  /** Calls that are being made, and where. */
  readonly #at = new Map<Call, Isolate>();
  /** What the module exports, when that is known. */
  #loading = Promise.withResolvers<Agents>();
  #agents: Agents | undefined;
  #failures = 0;
  #restarts = 0;
  #startMs: number | undefined;
  #closing: Promise<void> | undefined;

  /** Nothing is started yet. */
  constructor(options: PoolOptions) {
    this.#options = options;
    // Mostly nobody waits for it.
    this.#loading.promise.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  async ready(): Promise<void> {
    this.#checkOpen("start the workers");
    while (this.#isolates.size < this.#options.size) this.#start();
    try {
      await this.#isolates.started();
    } catch (why) {
      this.#checkOpen("start the workers");
      throw this.#unloadable(why);
    }
  }

  async prepare(agents: Iterable<Callable>): Promise<void> {
    this.#checkOpen("start the workers");
    if (this.#agents === undefined && this.#isolates.size === 0) this.#start();
    const known = this.#agents ?? await this.#loading.promise;
    for (const agent of agents) known.keyOf(agent);
  }

  async settle(modeCall: ModeCall): Promise<Result> {
    this.#checkOpen(`call "${modeCall.agent.name}"`);
    const call = new Call(modeCall);
    this.#waiting.add(call);
    call.onAbort(() => this.#abort(call));
    this.#dispatch();
    try {
      return await call.result;
    } finally {
      this.#at.delete(call);
    }
  }

  stats(): WorkerStats {
    return {
      size: this.#options.size,
      busy: this.#isolates.busy,
      inFlight: this.#isolates.inFlight,
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
    const calls = [...this.#waiting.clear(), ...this.#at.keys()];
    const isolates = this.#isolates.clear();
    this.#loading.reject(reason);
    const ends = isolates.map((isolate) => isolate.end(reason));
    await Promise.all(
      calls.map((call) => call.failWith("aborted", "the pool of workers was closed", reason)),
    );
    await Promise.all(ends);
  }

  #checkOpen(doing: string): void {
    if (this.isOpen) return;
    throw new TypeError(`Cannot ${doing} as the pool of workers was closed`);
  }

  /** Gives the calls that wait to the workers that have room, and starts more of them if there may be more. */
  #dispatch(): void {
    if (!this.isOpen) return;
    for (const call of this.#waiting.alone) {
      const isolate = this.#isolates.alone();
      if (isolate === undefined) break;
      this.#waiting.delete(call);
      isolate.kept = true;
      this.#give(call, isolate);
    }
    for (let next = this.#waiting.next; next !== undefined; next = this.#waiting.next) {
      const isolate = this.#isolates.freest(this.#options.perWorker, this.#waiting.size);
      if (isolate === undefined) break;
      this.#waiting.delete(next);
      this.#give(next, isolate);
    }
    const { size } = this.#options;
    // Mostly there are all that there may be.
    if (this.#isolates.size === size) return;
    const wanted = Math.min(size, this.#waiting.size + this.#isolates.inFlight);
    while (this.#isolates.size < wanted && this.#failures < MOST_FAILURES) this.#start();
  }

  #give(call: Call, isolate: Isolate): void {
    let key: string;
    try {
      key = this.#agents!.keyOf(call.agent);
    } catch (error) {
      isolate.kept &&= isolate.load > 0;
      call.refuse(error);
      return;
    }
    this.#at.set(call, isolate);
    isolate.take(call, key);
  }

  #abort(call: Call): void {
    if (this.#waiting.delete(call)) void call.aborted();
    else this.#at.get(call)?.abort(call);
  }

  #start(): void {
    const began = performance.now();
    const isolate: Isolate = new Isolate({
      ...this.#options,
      providers: this.#providers,
      onReady: (found, configured) => {
        this.#startMs = performance.now() - began;
        this.#failures = 0;
        this.#agents ??= new Agents(this.#options.module, found, configured);
        this.#loading.resolve(this.#agents);
        this.#dispatch();
      },
      onFree: () => this.#dispatch(),
      onLost: (why, wasReady) => this.#lost(isolate, why, wasReady),
    });
    this.#isolates.add(isolate);
  }

  #lost(isolate: Isolate, why: unknown, wasReady: boolean): void {
    this.#isolates.delete(isolate);
    if (wasReady) this.#restarts++;
    else this.#failedToStart(why);
    const calls = [...isolate.calls];
    for (const call of calls) {
      this.#at.delete(call);
      // Who was alone is to blame. Who was not is made again, if that repeats nothing.
      const again = calls.length > 1 && !call.sent && !call.suspect;
      if (call.over) continue;
      if (call.signal.aborted) {
        void call.aborted();
      } else if (again) {
        call.putBack();
        this.#waiting.addAlone(call);
      } else {
        void call.failWith("tool", `the worker that it ran in ended: ${saidBy(why)}`, why);
      }
    }
    this.#dispatch();
  }

  /** If none has ever loaded the module, none will; where some have, it is tried a few times more. */
  #failedToStart(why: unknown): void {
    this.#failures++;
    const given = this.#isolates.size === 0 && this.#failures >= MOST_FAILURES;
    if (this.#agents !== undefined && !given) return;
    const error = this.#unloadable(why);
    for (const call of this.#waiting.clear()) call.refuse(error);
    this.#loading.reject(error);
    this.#loading = Promise.withResolvers();
    this.#loading.promise.catch(() => {});
    // Who asks later may have mended it.
    this.#failures = 0;
  }

  #unloadable(why: unknown): TypeError {
    const { module } = this.#options;
    return new TypeError(
      `Cannot start the workers as ${module} does not load in them: ${saidBy(why)}`,
      { cause: why },
    );
  }
}

function saidBy(why: unknown): string {
  return why instanceof Error ? why.message : "something was thrown that is no error";
}
