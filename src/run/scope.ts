import { delay } from "@std/async/delay";
import {
  budgetsOf,
  type CallContext,
  currentContext,
  inContext,
  track,
  type TrackingScope,
} from "../call/context.ts";
import { configuration } from "../call/options/config.ts";
import { mode, modeFor, type RunMode } from "../call/options/mode.ts";
import { budget, type BudgetOptions } from "../model/budget.ts";
import { limiterFor } from "../limits/adaptive_limiter.ts";
import type { Limiter } from "../limits/limiter.ts";
import { type Concurrency, concurrency, type LimitOptions, limits } from "../model/limits.ts";
import { ChildAbort } from "../async/abort.ts";
import { abortSignal, callback, checkOptions, positiveMs } from "../model/check_options.ts";
import { RunError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { endEarly } from "./end_early.ts";
import { addUsage, NO_USAGE, type Usage } from "../model/usage.ts";
import { Started } from "./observed_promise.ts";

/** What every call inside a scope shares. */
export interface ScopeOptions {
  /**
   * The maximum number of attempts in flight at once, or `"adaptive"`. If absent, the scope sets
   * none.
   */
  readonly concurrency?: Concurrency;
  /**
   * Where calls inside are made: see the `mode` of a run. Without it, where they would be made
   * outside.
   */
  readonly mode?: RunMode;
  /** How many attempts may begin, and how many tokens they may use, in a minute. */
  readonly limits?: LimitOptions;
  /**
   * What everything inside may spend at most. What is not sent by then fails with the code
   * `budget`.
   */
  readonly budget?: BudgetOptions;
  /** Aborts everything inside. */
  readonly signal?: AbortSignal;
  /** The time the scope may take, in milliseconds. */
  readonly deadline?: number;
}

/** A scope that is active. */
export interface Scope {
  /** Aborts when the scope does, and when it has ended. */
  readonly signal: AbortSignal;
  /** The limit on attempts at the same time, if there is one: now, if it is found out. */
  readonly concurrency?: number;
  /** How many calls and runs were started inside and have not ended. */
  readonly pending: number;
  /** The usage of the calls inside. */
  readonly usage: Usage;
  /** The known part of their cost in US dollars; absent if no price is known. */
  readonly cost?: number;
}

/**
 * Structured concurrency: whatever is called inside `fn`, however deep, shares the scope's
 * `concurrency`, `signal` and
 * `deadline`, and nothing outlives it. A call that is started and not awaited is awaited at the
 * end; if it fails then, the scope rejects.
 *
 * If `fn` throws, what it started is aborted. Scopes nest: the inner one has the limits of both.
 *
 * @returns The value of `fn`, after everything that it started has ended.
 * @throws {TypeError} If an option is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} If the signal aborts or the deadline passes, which is its `cause` then; or
 * if calls that were not awaited failed: they are its `errors`.
 * @throws What `fn` throws, as it is.
 *
 * @example
 * ```ts
 * import { defineAgent, scope } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("hi");
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider });
 * await scope({ concurrency: 2, deadline: 10_000 }, () => {
 *   for (const text of ["a", "b", "c"]) {
 *     Echo.call({ text }).then(({ content }) => console.log(text, content)); // not awaited here
 *   }
 * }); // all three are done here
 * ```
 */
export function scope<T>(
  options: ScopeOptions,
  fn: (scope: Scope) => T | Promise<T>,
): Promise<T> {
  return track(open(options, fn));
}

async function open<T>(
  options: ScopeOptions,
  fn: (scope: Scope) => T | Promise<T>,
): Promise<T> {
  checkOptions("open a scope", options, {
    concurrency,
    mode,
    limits,
    budget,
    signal: abortSignal,
    deadline: positiveMs,
  });
  callback("open a scope", "fn", fn);
  return await new ActiveScope(options, currentContext()).run(fn);
}

/** Whether this code runs inside a {@linkcode scope}. */
export function inScope(): boolean {
  return currentContext().scope !== undefined;
}

/** The innermost {@linkcode scope} around this code, or `undefined`. */
export function currentScope(): Scope | undefined {
  return currentContext().scope as ActiveScope | undefined;
}

class ActiveScope implements Scope, TrackingScope {
  readonly #limiter: Limiter | undefined;
  usage: Usage = NO_USAGE;
  cost: number | undefined;
  #pending = 0;
  #following = 0;
  readonly #unheard: { started: Started<unknown>; error: unknown }[] = [];
  #onEnd: (() => void) | undefined;
  readonly #abort: ChildAbort;
  readonly #context: CallContext;

  constructor(options: ScopeOptions, outer: CallContext) {
    this.#abort = new ChildAbort(outer.signal, options.signal);
    const { deadline } = options;
    this.#abort.abortAfter(deadline, "the scope was not finished");
    const { concurrency, limits } = options;
    this.#limiter = concurrency === undefined && limits === undefined
      ? undefined
      : limiterFor({ ...limits, concurrency: concurrency ?? limits?.concurrency });
    this.#context = {
      signal: this.#abort.signal,
      limiters: this.#limiter === undefined ? outer.limiters : [this.#limiter, ...outer.limiters],
      budgets: budgetsOf(options, outer),
      priority: outer.priority,
      emit: outer.emit,
      gate: outer.gate,
      mode: options.mode === undefined
        ? outer.mode
        : modeFor(options.mode, undefined, configuration().mode),
      collect: (result) => {
        this.#collect(result);
        outer.collect?.(result);
      },
      scope: this,
    };
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get concurrency(): number | undefined {
    const concurrency = this.#limiter?.concurrency;
    return concurrency === Infinity ? undefined : concurrency;
  }

  get pending(): number {
    return this.#pending;
  }

  async run<T>(fn: (scope: Scope) => T | Promise<T>): Promise<T> {
    using abort = this.#abort;
    try {
      abort.signal.throwIfAborted();
      const value = await abort.race(inContext(this.#context, async () => await fn(this)));
      await abort.race(this.#nothingLeft());
      this.#reportUnheard();
      return value;
    } catch (error) {
      const { aborted, reason } = abort.signal;
      if (!aborted || error !== reason) throw error;
      throw endEarly({ name: "the scope", why: "it was aborted", cause: reason });
    } finally {
      // Whatever is started in here from now on is too late, and whatever still runs ends.
      abort.abort(new DOMException("The scope has ended", "AbortError"));
      await this.#until(() => this.#pending === 0);
    }
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#pending++;
    return this.#watch(work, () => this.#pending--);
  }

  #watch<T>(work: Promise<T>, ended: () => void): Promise<T> {
    const started = new Started<T>((resolve, reject) => work.then(resolve, reject));
    // What `then` makes of a call has its failure: it belongs to the scope, too.
    started.follow = (next) => {
      this.#following++;
      return this.#watch(next, () => this.#following--);
    };
    started.onEnd((failed, error) => {
      if (failed && !started.heard) this.#unheard.push({ started, error });
      ended();
      this.#onEnd?.();
    });
    return started;
  }

  /**
   * Waits for everything that was not awaited, and for what is started after it: a function that
   * makes two calls in a row.
   */
  async #nothingLeft(): Promise<void> {
    const nothing = (): boolean => this.#pending + this.#following === 0;
    while (!nothing()) {
      await this.#until(nothing);
      await delay(0, { signal: this.signal });
    }
  }

  async #until(over: () => boolean): Promise<void> {
    while (!over()) await new Promise<void>((resolve) => this.#onEnd = resolve);
  }

  #collect(result: Result): void {
    this.usage = addUsage(this.usage, result.usage);
    if (result.cost !== undefined) this.cost = (this.cost ?? 0) + result.cost.total;
  }

  #reportUnheard(): void {
    const errors = this.#unheard.filter(({ started }) => !started.heard).map(({ error }) => error);
    if (errors.length === 0) return;
    throw new RunError(
      `Cannot end the scope as ${errors.length} of the calls that were not awaited failed: ` +
        "see `errors`",
      { errors, results: [], cause: errors[0] },
    );
  }
}
