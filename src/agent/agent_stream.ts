import { Channel, ChannelClosedError } from "@std/async/channel";
import { ChildAbort } from "../async/abort.ts";
import type { AgentError, Result, Success, ToolCall } from "../model/result.ts";
import type { CallHooks } from "../call/options/model_agent.ts";
import type { CallContext } from "../call/context.ts";
import type { CallOptions } from "../call/options/options.ts";

/** What happens in a streamed call. */
export type StreamEvent<T = unknown> =
  | {
    /** A piece of an answer; with tools, of any answer of the model. */
    readonly type: "delta";
    /** The piece. */
    readonly text: string;
  }
  | {
    /** The typed answer as far as it has arrived. Long answers are not repeated with each delta. */
    readonly type: "partial";
    /** As much of the content as has come: it need not fit the schema yet. */
    readonly content: unknown;
  }
  | {
    /** A tool begins. */
    readonly type: "tool-start";
    /** The provider's id of the request. */
    readonly id: string;
    /** The tool's name. */
    readonly name: string;
    /** The arguments, as the model wrote them. */
    readonly args: unknown;
  }
  | {
    /** A tool has ended, with a result or an error. */
    readonly type: "tool-end";
    /** The provider's id of the request. */
    readonly id: string;
    /** The tool's name. */
    readonly name: string;
    /** What it gave. */
    readonly result?: unknown;
    /** What went wrong. */
    readonly error?: ToolCall["error"];
    /** How long it took, in milliseconds. */
    readonly durationMs: number;
  }
  | {
    /**
     * Code of yours said something: `ctx.emit(data)` in a `run` or in a tool, also of an agent that
     * is called within.
     */
    readonly type: "emit";
    /** The agent whose code it is. */
    readonly agent: string;
    /** What it said. */
    readonly data: unknown;
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
    /**
     * A model failed before it gave anything, and another one is asked: the same, or what comes
     * next in a call with tools.
     */
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
 * A call whose answer comes piece by piece. It begins with the first event that is asked for, or
 * with `result`. `break` aborts the request.
 */
export interface AgentStream<T = unknown>
  extends AsyncIterableIterator<StreamEvent<T>>, AsyncDisposable {
  /** The whole result. Rejects with the {@linkcode AgentError} if the call fails. */
  readonly result: Promise<Success<T>>;
}

/** The callbacks of a streamed call. */
export type StreamHooks = CallHooks & Required<Pick<CallContext, "emit">>;

/** A streamed call: `start` runs it with these hooks, under this signal. */
export function agentStream<T>(
  options: CallOptions,
  start: (hooks: StreamHooks, signal: AbortSignal) => Promise<Result>,
): AgentStream<T> {
  const stopped = new AbortController();
  const events = new Channel<StreamEvent<T>>();
  let running: Promise<Success<T>> | undefined;
  // Who only wants the result does not read events, so nothing waits for a reader until there is
  // one.
  let reader = false;

  let known: string | undefined;
  const hooks: StreamHooks = {
    async onDelta(text) {
      await options.onDelta?.(text);
      if (reader) await send({ type: "delta", text });
    },
    async onPartial(read) {
      if (!reader) return;
      const content = read();
      const text = JSON.stringify(content);
      if (text === undefined || text === known) return;
      known = text;
      await send({ type: "partial", content });
    },
    onRetry: (error, attempt, delayMs) => {
      if (reader) send({ type: "retry", attempt, delayMs, error });
    },
    onFallback: (model, error) => {
      if (reader) send({ type: "fallback", model, error });
    },
    onToolStart: (tool) => {
      if (reader) send({ type: "tool-start", ...tool });
    },
    onToolEnd: ({ args: _, ...tool }) => {
      if (reader) send({ type: "tool-end", ...tool });
    },
    emit: (agent, data) => reader ? send({ type: "emit", agent, data }) : Promise.resolve(),
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
    // The result is available even if the last event is not consumed.
    void (reader ? send({ type: "result", result }) : Promise.resolve()).then(() => events.close());
    return result;
  }
  function begin(): Promise<Success<T>> {
    if (running === undefined) {
      running = run();
      // The reader hears of a failure through the events: who does not ask for the result need not
      // handle it twice.
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
