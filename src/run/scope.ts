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
import {
  abortSignal,
  callback,
  checkOptions,
  positiveMs,
  type RulesFor,
} from "../model/check_options.ts";
import { causeMessage } from "../model/cause_message.ts";
import { RunError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { endEarly } from "./end_early.ts";
import { addUsage, NO_USAGE, type Usage } from "../model/usage.ts";
import { ObservedPromise } from "./observed_promise.ts";

/** Options of a scope, shared by all calls inside it. */
export interface ScopeOptions {
  /**
   * The maximum number of attempts in flight at once: a positive integer, `"adaptive"`, or bounds.
   *
   * @default No limit of its own
   */
  readonly concurrency?: Concurrency;
  /**
   * Where calls inside run: see the `mode` of a run.
   *
   * @default The mode around the scope
   */
  readonly mode?: RunMode;
  /**
   * The maximum numbers of attempts and of tokens per minute.
   *
   * @default No limits of its own
   */
  readonly limits?: LimitOptions;
  /**
   * The maximum that all calls inside may spend together. Calls that need an attempt when it is
   * spent fail with the code `budget`.
   *
   * @default No budget of its own
   */
  readonly budget?: BudgetOptions;
  /** Aborts the scope and all calls inside. */
  readonly signal?: AbortSignal;
  /**
   * The time limit of the scope, in milliseconds, above 0. When it passes, the calls inside are
   * aborted and the scope rejects.
   *
   * @default No limit
   */
  readonly deadline?: number;
}

const SCOPE_RULES: RulesFor<ScopeOptions> = {
  concurrency,
  mode,
  limits,
  budget,
  signal: abortSignal,
  deadline: positiveMs,
};

/** An active scope. */
export interface Scope {
  /** Aborts when the scope is aborted or ends. */
  readonly signal: AbortSignal;
  /** The current maximum number of attempts in flight; absent without a limit. */
  readonly concurrency?: number;
  /** The number of calls and runs inside that have started and not ended. */
  readonly pending: number;
  /** The usage of the calls inside until now. */
  readonly usage: Usage;
  /** The known cost of these calls, in US dollars; absent if no price is known. */
  readonly cost?: number;
}

/**
 * Runs a function with structured concurrency: all calls inside it, at any depth, share the
 * `concurrency`, `signal` and `deadline` of the scope, and none outlives it. At its end, the scope
 * awaits calls that were started and not awaited, and rejects if one of them fails.
 *
 * If `fn` throws, the calls that it started are aborted. Scopes nest: the limits of both apply to
 * the inner one.
 *
 * @returns The value that `fn` returns, after all calls inside have ended.
 * @throws {TypeError} If an option is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} If the signal aborts or the deadline passes: the reason is its `cause`. Or if
 * calls that were not awaited failed: their errors are its `errors`.
 * @throws What `fn` throws, unchanged.
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
  return track(runScope(options, fn));
}

async function runScope<T>(
  options: ScopeOptions,
  fn: (scope: Scope) => T | Promise<T>,
): Promise<T> {
  checkOptions("open a scope", options, SCOPE_RULES);
  callback("open a scope", "fn", fn);
  return await new ActiveScope(options, currentContext()).run(fn);
}

/** Whether this code runs inside a {@linkcode scope}. */
export function inScope(): boolean {
  return currentContext().scope !== undefined;
}

/** Returns the innermost {@linkcode scope} around this code, or `undefined`. */
export function currentScope(): Scope | undefined {
  return currentContext().scope as ActiveScope | undefined;
}

class ActiveScope implements Scope, TrackingScope {
  readonly #limiter: Limiter | undefined;
  usage: Usage = NO_USAGE;
  cost: number | undefined;
  #pending = 0;
  #following = 0;
  readonly #unobserved: { promise: ObservedPromise<unknown>; error: unknown }[] = [];
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
      await abort.race(this.#allSettled());
      this.#throwUnobserved();
      return value;
    } catch (error) {
      const { aborted, reason } = abort.signal;
      if (!aborted || error !== reason) throw error;
      throw endEarly({ name: "the scope", why: "it was aborted", cause: reason });
    } finally {
      // Aborts the calls that still run, and all that are started in this context from now on.
      abort.abort(new DOMException("The scope has ended", "AbortError"));
      await this.#until(() => this.#pending === 0);
    }
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#pending++;
    return this.#watch(work, () => this.#pending--);
  }

  #watch<T>(work: Promise<T>, ended: () => void): Promise<T> {
    const promise = new ObservedPromise<T>((resolve, reject) => work.then(resolve, reject));
    // A promise that `then` returns rejects with the call: it belongs to the scope, too.
    promise.follow = (next) => {
      this.#following++;
      return this.#watch(next, () => this.#following--);
    };
    promise.onSettled((failure) => {
      if (failure && !promise.observed) this.#unobserved.push({ promise, error: failure.error });
      ended();
      this.#onEnd?.();
    });
    return promise;
  }

  /**
   * Waits for calls that were not awaited, and for those that start when they end, as in a function
   * that makes two calls in a row.
   */
  async #allSettled(): Promise<void> {
    const isIdle = (): boolean => this.#pending + this.#following === 0;
    while (!isIdle()) {
      await this.#until(isIdle);
      await delay(0, { signal: this.signal });
    }
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => this.#onEnd = resolve);
  }

  #collect(result: Result): void {
    this.usage = addUsage(this.usage, result.usage);
    if (result.cost !== undefined) this.cost = (this.cost ?? 0) + result.cost.total;
  }

  #throwUnobserved(): void {
    const errors = this.#unobserved.filter(({ promise }) => !promise.observed).map(({ error }) =>
      error
    );
    if (errors.length === 0) return;
    throw new RunError(
      `Cannot end the scope as ${errors.length} of the calls that were not awaited failed: ${
        causeMessage(errors[0])
      }`,
      { errors, results: [], cause: errors[0] },
    );
  }
}
