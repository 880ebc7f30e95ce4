import { Channel, ChannelClosedError } from "@std/async/channel";
import { ChildAbort } from "../model/abort.ts";
import type { AgentError } from "../model/errors.ts";
import type { Result, Success } from "../model/result.ts";
import type { CallHooks } from "./call.ts";
import type { CallOptions } from "./options.ts";

/** What happens in a streamed call. */
export type StreamEvent<T = unknown> =
  | {
    /** A piece of the answer. */
    readonly type: "delta";
    /** The piece. */
    readonly text: string;
  }
  | {
    /** An attempt failed before it gave anything, and there will be another one. */
    readonly type: "retry";
    /** How many attempts have failed. */
    readonly attempt: number;
    /** How long the wait is, in milliseconds. */
    readonly delayMs: number;
    /** Why it failed. */
    readonly error: AgentError;
  }
  | {
    /** A model failed before it gave anything, and another one is asked. */
    readonly type: "fallback";
    /** The model that is asked next. */
    readonly model: string;
    /** Why the one before failed. */
    readonly error: AgentError;
  }
  | {
    /** The end: the whole result. */
    readonly type: "result";
    /** The result. */
    readonly result: Success<T>;
  };

/**
 * A call whose answer comes piece by piece. It begins with the first event that is asked for, or with `result`.
 * `break` aborts the request.
 */
export interface AgentStream<T = unknown>
  extends AsyncIterableIterator<StreamEvent<T>>, AsyncDisposable {
  /** The whole result. Rejects with the {@linkcode AgentError} if the call fails. */
  readonly result: Promise<Success<T>>;
}

/** A streamed call: `start` runs it with these hooks, under this signal. */
export function agentStream<T>(
  options: CallOptions,
  start: (hooks: CallHooks, signal: AbortSignal) => Promise<Result>,
): AgentStream<T> {
  const stopped = new AbortController();
  const events = new Channel<StreamEvent<T>>();
  let running: Promise<Success<T>> | undefined;
  // Who only wants the result does not read events, so nothing waits for a reader until there is one.
  let reader = false;

  const hooks: CallHooks = {
    async onDelta(text) {
      await options.onDelta?.(text);
      if (reader) await send({ type: "delta", text });
    },
    onRetry: (error, attempt, delayMs) => {
      if (reader) send({ type: "retry", attempt, delayMs, error });
    },
    onFallback: (model, error) => {
      if (reader) send({ type: "fallback", model, error });
    },
  };
  function send(event: StreamEvent<T>): Promise<void> {
    return events.send(event).catch(ignoreClosed);
  }
  async function run(): Promise<Success<T>> {
    using child = new ChildAbort(stopped.signal, options.signal);
    const result = await start(hooks, child.signal) as Result<T>;
    if (!result.ok) {
      events.close(result.error);
      throw result.error;
    }
    // Who asks for the result need not take the last event first.
    void (reader ? send({ type: "result", result }) : Promise.resolve()).then(() => events.close());
    return result;
  }
  function begin(): Promise<Success<T>> {
    if (running === undefined) {
      running = run();
      // The reader hears of a failure through the events: who does not ask for the result need not handle it twice.
      running.catch((error) => events.close(error));
    }
    return running;
  }
  const end = async (): Promise<IteratorResult<StreamEvent<T>>> => {
    stopped.abort();
    events.close();
    await running?.catch(() => {});
    return { done: true, value: undefined };
  };

  return {
    get result() {
      return begin();
    },
    async next() {
      reader = true;
      begin();
      try {
        return { done: false, value: await events.receive() };
      } catch (error) {
        if (error instanceof ChannelClosedError) return { done: true, value: undefined };
        throw error;
      }
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

function ignoreClosed(error: unknown): void {
  if (!(error instanceof ChannelClosedError)) throw error;
}
