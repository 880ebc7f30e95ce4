import { Channel, ChannelClosedError } from "@std/async/channel";
import { ChildAbort } from "../async/abort.ts";
import { stringifyExact } from "../model/exact_json.ts";
import type { AgentError, Result, Success } from "../model/result.ts";
import type { ToolCall } from "../model/tool_call.ts";
import type { CallHooks } from "../call/options/model_agent.ts";
import type { CallContext } from "../call/context.ts";
import type { CallOptions } from "../call/options/options.ts";

/** An event of a streamed call. */
export type StreamEvent<T = unknown> =
  | {
    /** A delta of the answer; with tools, of any answer of the model. */
    readonly type: "delta";
    /** The text of the delta. */
    readonly text: string;
  }
  | {
    /**
     * A delta of the model's reasoning. After a `retry` or a `fallback`, the reasoning before it
     * does not belong to the answer.
     */
    readonly type: "reasoning";
    /** The text of the delta. */
    readonly text: string;
  }
  | {
    /** The typed answer as far as it has arrived. Long answers are not repeated with each delta. */
    readonly type: "partial";
    /** The content received until now, which may not match the schema yet. */
    readonly content: unknown;
  }
  | {
    /** A tool starts. */
    readonly type: "tool-start";
    /** The provider's id of the tool call. */
    readonly id: string;
    /** The tool's name. */
    readonly name: string;
    /** The arguments, as the model wrote them. */
    readonly args: unknown;
  }
  | {
    /** A tool has ended, with a result or an error. */
    readonly type: "tool-end";
    /** The provider's id of the tool call. */
    readonly id: string;
    /** The tool's name. */
    readonly name: string;
    /** The return value of the tool. */
    readonly result?: unknown;
    /** The error of the tool. */
    readonly error?: ToolCall["error"];
    /** The duration of the run, in milliseconds. */
    readonly durationMs: number;
  }
  | {
    /**
     * User code emitted data: `ctx.emit(data)` in a `run` function or a tool, including those of
     * agents called within this one.
     */
    readonly type: "emit";
    /** The name of the agent whose code emitted the data. */
    readonly agent: string;
    /** The emitted data. */
    readonly data: unknown;
  }
  | {
    /** An attempt failed before it emitted any delta, and is retried. */
    readonly type: "retry";
    /** The number of failed attempts. */
    readonly attempt: number;
    /** The wait before the next attempt, in milliseconds. */
    readonly delayMs: number;
    /** The error of the attempt. */
    readonly error: AgentError;
  }
  | {
    /**
     * A model failed before it emitted any delta, and a fallback model continues the call. In a
     * call with tools, the fallback continues the conversation.
     */
    readonly type: "fallback";
    /** The model that is called next. */
    readonly model: string;
    /** The error of the previous model. */
    readonly error: AgentError;
  }
  | {
    /** The last event: the complete result. */
    readonly type: "result";
    /** The result. */
    readonly result: Success<T>;
  };

/**
 * A call whose answer is streamed. The request is sent when the first event is requested or
 * `result` is read.
 */
export interface AgentStream<T = unknown>
  extends AsyncIterableIterator<StreamEvent<T>>, AsyncDisposable {
  /** The complete result. Rejects with the {@linkcode AgentError} if the call fails. */
  readonly result: Promise<Success<T>>;
}

/** The callbacks of a streamed call. */
export type StreamHooks = CallHooks & Required<Pick<CallContext, "emit">>;

/** Creates a streamed call. `start` runs the call with the given hooks and signal. */
export function agentStream<T>(
  options: CallOptions,
  start: (hooks: StreamHooks, signal: AbortSignal) => Promise<Result>,
): AgentStream<T> {
  const abortController = new AbortController();
  const events = new Channel<StreamEvent<T>>();
  let running: Promise<Success<T>> | undefined;
  // Events are sent only once a consumer reads them, so a caller that awaits only `result` never
  // blocks the call.
  let hasReader = false;

  let lastPartial: string | undefined;
  const hooks: StreamHooks = {
    async onDelta(text) {
      await options.onDelta?.(text);
      if (hasReader) await send({ type: "delta", text });
    },
    async onReasoning(text) {
      if (hasReader) await send({ type: "reasoning", text });
    },
    async onPartial(read) {
      if (!hasReader) return;
      const content = read();
      const text = stringifyExact(content);
      if (text === undefined || text === lastPartial) return;
      lastPartial = text;
      await send({ type: "partial", content });
    },
    onRetry: (error, attempt, delayMs) => {
      if (hasReader) send({ type: "retry", attempt, delayMs, error });
    },
    onFallback: (model, error) => {
      if (hasReader) send({ type: "fallback", model, error });
    },
    onToolStart: (tool) => {
      if (hasReader) send({ type: "tool-start", ...tool });
    },
    onToolEnd: ({ args: _, ...tool }) => {
      if (hasReader) send({ type: "tool-end", ...tool });
    },
    emit: (agent, data) => hasReader ? send({ type: "emit", agent, data }) : Promise.resolve(),
  };
  function send(event: StreamEvent<T>): Promise<void> {
    return events.send(event).catch(ignoreClosed);
  }
  async function run(): Promise<Success<T>> {
    using child = new ChildAbort(abortController.signal, options.signal);
    const result = await start(hooks, child.signal) as Result<T>;
    if (!result.ok) {
      events.close(result.error);
      throw result.error;
    }
    // The result is available even if the last event is not consumed.
    void (hasReader ? send({ type: "result", result }) : Promise.resolve()).then(() =>
      events.close()
    );
    return result;
  }
  function begin(): Promise<Success<T>> {
    if (running === undefined) {
      running = run();
      // The events report the failure, too: a consumer that never reads `result` must not cause an
      // unhandled rejection.
      running.catch((error) => events.close(error));
    }
    return running;
  }
  const end = async (): Promise<IteratorResult<StreamEvent<T>>> => {
    abortController.abort();
    events.close();
    await running?.catch(() => {});
    return { done: true, value: undefined };
  };

  return {
    get result() {
      return begin();
    },
    async next() {
      hasReader = true;
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
