import {
  type AgentCall,
  type Callable,
  type ContentOf,
  isCallable,
  type ParamsOf,
} from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { currentContext, inContext } from "../call/context.ts";
import { type Mode, modeFor } from "../call/options/mode.ts";
import { CALL_RULES, type CallOptions } from "../call/options/options.ts";
import { checkOptions, refuse } from "../model/check_options.ts";
import type { Result } from "../model/result.ts";
import { checkJournal, type OnlyOptions } from "./journal_options.ts";
import { CALL_RUN_RULES, type CallRunOptions, checkSource } from "./run_options.ts";
import { openRun, type Run } from "./open_run.ts";

/** One finished call of a stream. */
export type StreamItem<A extends Callable = Callable> = A extends Callable ? {
    /** The result of the call. */
    readonly result: Result<ContentOf<A>>;
    /** The agent or workflow that was called. */
    readonly agent: A;
    /** Its parameters, as the source gave them. */
    readonly params: ParamsOf<A>;
    /** The `key` of the call's options, if it has one. */
    readonly key?: string;
    /** The index of the call in the input, from 0. */
    readonly index: number;
  }
  : never;

/** The results of a run as they complete. `break` stops the run. */
export interface ResultStream<A extends Callable = Callable>
  extends AsyncIterableIterator<StreamItem<A>>, AsyncDisposable {
  /** Returns the next result. */
  next(): Promise<IteratorResult<StreamItem<A>, undefined>>;
  /** Stops the run: no more calls are pulled, calls in flight are aborted, no callback runs. */
  return(): Promise<IteratorResult<StreamItem<A>, undefined>>;
}

/**
 * The calls of a run: a list, or a sync or async iterable.
 *
 * `T` is the tuple of the agents of a literal list. For anything else, `C` is the union of the
 * calls, so that a generator may yield calls of several agents.
 *
 * @internal
 */
export type CallSource<T extends readonly Callable[], C extends AgentCall> =
  | readonly [...{ [K in keyof T]: AgentCall<T[K]> }]
  | Iterable<C & CheckedCall<C>>
  | AsyncIterable<C & CheckedCall<C>>;

/**
 * Whether the agents are those of a literal list.
 *
 * @internal
 */
export type IsTuple<T extends readonly unknown[]> = [T] extends [never] ? false
  : number extends T["length"] ? false
  : true;

/**
 * The type that a call must have: its parameters are those of its agent.
 *
 * @internal
 */
export type CheckedCall<C> = C extends readonly [infer A extends Callable, ...unknown[]]
  ? AgentCall<A>
  : never;

/**
 * Runs calls concurrently and yields their results as they complete.
 *
 * A failure is a value. Calls are pulled from the source only as fast as results are consumed, so
 * it may be endless. The run starts when the first result is requested. `break` stops it.
 *
 * At the `deadline`, calls in flight and the rest of an array fail with the code `timeout`. Other
 * sources are not pulled any further. A run that ends early yields finished results first, and
 * then throws. When the source throws, calls in flight finish first.
 *
 * @throws {TypeError} If an option or a call is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} While it is read: if the signal aborts, the source or a callback throws, the
 * journal fails, or a call fails and `throwOnError` is set. The reason is its `cause`. Its
 * `results` are empty, as the stream has yielded them.
 *
 * @example
 * ```ts
 * import { defineAgent, stream } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("HEY");
 * const Shout = defineAgent({ name: "shout", model: "m", prompt: "{text}", provider });
 * function* calls() {
 *   for (const text of ["a", "b", "c"]) yield [Shout, { text }] as const;
 * }
 * for await (const { result, params, index } of stream(calls(), { concurrency: 2 })) {
 *   console.log(index, params.text, result.ok ? result.content : result.error.code);
 * }
 * ```
 */
export function stream<C extends AgentCall, const T extends readonly Callable[] = never>(
  calls: CallSource<T, C>,
  options: CallRunOptions & OnlyOptions = {},
): ResultStream<IsTuple<T> extends true ? T[number] : C[0]> {
  checkCalls("stream the calls", calls, options);
  return resultStream(calls, options, { name: "the stream" }) as ResultStream<never>;
}

/**
 * Creates the stream, from calls and options that have been checked. `results` are those that its
 * error carries.
 */
export function resultStream(
  calls: Iterable<AgentCall> | AsyncIterable<AgentCall>,
  options: CallRunOptions,
  { name, results }: { readonly name: string; readonly results?: readonly unknown[] },
): ResultStream {
  const context = currentContext();
  const { onResult, onDelta, throwOnError = false } = options;
  let run: Run<StreamItem> | undefined;
  let over = false;

  const mode = modeFor(options.mode, context.mode, configuration().mode);
  // The agents of a list are known, so the pool checks them before anything is sent.
  let prepared: Promise<void> | undefined;
  const settleHere = ([agent, params, callOptions]: AgentCall, index: number): Promise<Result> =>
    agent.settle(params, withDelta(callOptions, index, onDelta));
  const settleInPool = async (pool: Mode, call: AgentCall, index: number): Promise<Result> => {
    if (Array.isArray(calls)) {
      await (prepared ??= pool.prepare(new Set(calls.map(([agent]) => agent))));
    }
    return await settleHere(call, index);
  };
  const settle = (call: AgentCall, index: number): Promise<Result> =>
    mode === "event-loop" ? settleHere(call, index) : settleInPool(mode, call, index);
  const open = (): Run<StreamItem> =>
    openRun<AgentCall, StreamItem, Result | undefined>(calls, options, {
      process(call, index, run) {
        if (!Array.isArray(calls)) checkCall("run the calls", call, index);
        return run.journal === undefined
          ? settle(call, index)
          : run.journal.call(call, index, run.signal, settle);
      },
      toOutput(result, [agent, params, { key } = NO_OPTIONS], index, run) {
        if (result === undefined) return void run.skipped();
        // Calls that the end of the run aborted are not reported.
        if (run.stopped && result.error?.code === "aborted") return undefined;
        const finish = (): StreamItem => {
          if (throwOnError && !result.ok) run.fail(result.error, `call ${index} failed`);
          run.finished(result);
          return { result, agent, params, key, index };
        };
        const failed = (error: unknown) => run.fail(error, "onResult threw");
        // After a stop no callback is called, but finished calls still count.
        if (onResult === undefined || run.stopped) return finish();
        try {
          const returned: unknown = onResult(result, index);
          if (returned === undefined) return finish();
          return Promise.resolve(returned).catch(failed).then(finish);
        } catch (error) {
          failed(error);
          return finish();
        }
      },
      ignoresAbort: false,
      stopsOnFailure: throwOnError,
      name,
      results,
    });
  const end = async (): Promise<IteratorResult<StreamItem, undefined>> => {
    over = true;
    await run?.stop();
    return { done: true, value: undefined };
  };

  return {
    next() {
      if (over) return Promise.resolve({ done: true, value: undefined });
      run ??= inContext(context, open);
      return run.next();
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

const NO_OPTIONS: CallOptions = Object.freeze({});

/** Returns the options of a call, with the `onDelta` of the run added to its own. */
function withDelta(
  call: CallOptions | undefined,
  index: number,
  onDelta: CallRunOptions["onDelta"],
): CallOptions | undefined {
  if (onDelta === undefined) return call;
  return {
    ...call,
    async onDelta(text) {
      await call?.onDelta?.(text);
      await onDelta(text, index);
    },
  };
}

/**
 * Checks the options of a run, and its calls if they are in an array.
 *
 * @throws {TypeError} If an option or a call is wrong.
 * @throws {RangeError} If a number is out of range.
 */
export function checkCalls(doing: string, calls: unknown, options: unknown): void {
  checkSource(doing, "calls", calls);
  checkOptions(doing, options, CALL_RUN_RULES);
  checkJournal(doing, options as CallRunOptions);
  if (!Array.isArray(calls)) return;
  for (const [index, call] of calls.entries()) checkCall(doing, call, index);
}

function checkCall(doing: string, call: unknown, index: number): void {
  if (!Array.isArray(call) || call.length > 3 || !isCallable(call[0])) {
    refuse(doing, `call ${index}`, "[agent, params] or [agent, params, options]", call);
  }
  if (call[2] !== undefined) checkOptions(`${doing}: call ${index}`, call[2], CALL_RULES);
}
