import type { Callable } from "../../call/options/callable.ts";
import { currentContext } from "../../call/context.ts";
import { configuration } from "../../call/options/config.ts";
import { stringifyExact } from "../../model/exact_json.ts";
import { maxConcurrency } from "../../model/limits.ts";
import { AgentError, type Result } from "../../model/result.ts";
import { NO_USAGE } from "../../model/usage.ts";
import type { ResultStream } from "../../run/stream.ts";
import { stream } from "../../run/stream.ts";
import { summarize, type Summary } from "../../run/summarize.ts";
import type { BatchCall, BatchRequest } from "./batch_request.ts";
import type { ResolvedLimits } from "../limits.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";
import { toPublicResult } from "../public_result.ts";

/** A call of a batch that has ended. */
export interface BatchItem {
  /** The index of the call, from 0. */
  readonly index: number;
  /** The result as JSON: an object with `index` and `id`. */
  readonly json: string;
}

/** Runs a batch, possibly in several parts: each run makes the calls that have not ended yet. */
export class BatchRun {
  /** A random ID, with which the caller can resume the batch. */
  readonly id: string = crypto.randomUUID();
  /** The number of calls. */
  readonly total: number;
  readonly #concurrency: number;
  readonly #limits: ResolvedLimits;
  /** The calls that have not ended yet; `undefined` in the place of those that have. */
  readonly #calls: (BatchCall | undefined)[];
  /** The results of calls that have ended, without their content. */
  readonly #results: Result[] = [];

  /** Creates a batch that has not started. */
  constructor(
    { calls, concurrency = maxConcurrency(configuration().concurrency) }: BatchRequest,
    limits: ResolvedLimits,
  ) {
    this.#calls = [...calls];
    this.total = calls.length;
    this.#concurrency = Math.min(concurrency, limits.concurrency);
    this.#limits = limits;
  }

  /** Returns the summary of the calls that have ended. */
  summary(): Omit<Summary, "concurrency"> {
    const { concurrency: _, ...summary } = summarize(this.#results);
    return summary;
  }

  /**
   * Makes the remaining calls and yields after each result. `onItem` receives each result just
   * before, in the same order; it also receives those that arrive once the consumer has stopped.
   */
  async *run(lifecycle: RequestLifecycle, onItem: (item: BatchItem) => void): AsyncGenerator<void> {
    const remaining = [...this.#calls.keys()].filter((index) => this.#calls[index] !== undefined);
    const calls = remaining.map((index) =>
      [toCallable(this.#calls[index]!, lifecycle), this.#calls[index]!.params] as const
    );
    const results: ResultStream = lifecycle.run(() =>
      stream(calls, {
        concurrency: this.#concurrency,
        deadline: this.#limits.deadline,
        onResult: (result, i) => onItem(this.#record(remaining[i]!, result)),
      })
    );
    for await (const _ of results) yield;
  }

  /** Returns failures for the calls that have not ended, once the batch is aborted. */
  unfinishedItems(): readonly BatchItem[] {
    const error = { code: "aborted", message: "The batch was aborted before the call ended" };
    return [...this.#calls.entries()].flatMap(([index, call]) => {
      if (call === undefined) return [];
      const { id = `${this.id}-${index}`, agent } = call;
      const item = { index, id, ok: false, agent: agent.name, content: null, error };
      const unused = { usage: NO_USAGE, attempts: 0, cached: false, durationMs: 0 };
      return [{ index, json: JSON.stringify({ ...item, ...unused }) }];
    });
  }

  #record(index: number, result: Result): BatchItem {
    const { id = `${this.id}-${index}` } = this.#calls[index]!;
    this.#calls[index] = undefined;
    this.#results.push(withoutContent(result));
    return { index, json: serializeItem(index, id, result) };
  }
}

/** Wraps the agent, so that its calls wait for the caller's rate limit and are counted. */
function toCallable({ agent }: BatchCall, { quota: account, id }: RequestLifecycle): Callable {
  return {
    name: agent.name,
    async settle(params, options) {
      // An abort also ends the call, which reports it better.
      await account.waitForTurn(currentContext().signal).catch(() => {});
      return await agent.settle(id, params, options);
    },
  };
}

/** Only what the summary needs, so that large values are dropped: also those in `error.result`. */
function withoutContent(result: Result): Result {
  const { agent, usage, attempts, startedAt, durationMs, timing, model, cost, cached } = result;
  const { replayed, usedFallback } = result;
  const base = { agent, usage, attempts, startedAt, durationMs, timing, model, cost, cached };
  const bare = { ...base, replayed, usedFallback, toolCalls: [], children: [], content: undefined };
  if (result.ok) return { ...bare, ok: true, finishReason: result.finishReason };
  const { message, code } = result.error;
  return { ...bare, ok: false, error: new AgentError(message, { code, agent }) };
}

function serializeItem(index: number, id: string, result: Result): string {
  const publicResult = toPublicResult(result);
  try {
    return stringifyExact({ index, id, ...publicResult });
  } catch {
    const message = "The agent's answer cannot be serialized as JSON";
    const error = { code: "tool", message };
    return JSON.stringify({ index, id, ...publicResult, ok: false, content: null, error });
  }
}
