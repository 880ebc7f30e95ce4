import type { Callable } from "../../call/options/callable.ts";
import { currentContext } from "../../call/context.ts";
import { configuration } from "../../call/options/config.ts";
import { maxConcurrency } from "../../model/limits.ts";
import type { Result } from "../../model/result.ts";
import { NO_USAGE } from "../../model/usage.ts";
import type { ResultStream } from "../../run/stream.ts";
import { stream } from "../../run/stream.ts";
import { summarize, type Summary } from "../../run/summarize.ts";
import type { BatchCall, BatchRequest } from "./batch_request.ts";
import type { Caps } from "../limits.ts";
import type { Exchange } from "../request_lifecycle.ts";
import { publicResult } from "../public_result.ts";

/** A call of a batch that has ended. */
export interface BatchItem {
  /** Its place in the batch, from 0. */
  readonly index: number;
  /** Its result, as JSON: an object with `index` and `id`. */
  readonly json: string;
}

/** The calls of a batch, and which of them have ended: it can be worked on several times, until nothing is left. */
export class BatchRun {
  /** Its id: who knows it can go on with it. */
  readonly id: string = crypto.randomUUID();
  /** How many calls there are. */
  readonly total: number;
  readonly #concurrency: number;
  readonly #caps: Caps;
  /** What is still to be done; nothing in the place of what has ended. */
  readonly #calls: (BatchCall | undefined)[];
  /** What has ended, without its content. */
  readonly #results: Result[] = [];

  /** A batch of which nothing is done. */
  constructor(
    { calls, concurrency = maxConcurrency(configuration().concurrency) }: BatchRequest,
    caps: Caps,
  ) {
    this.#calls = [...calls];
    this.total = calls.length;
    this.#concurrency = Math.min(concurrency, caps.concurrency);
    this.#caps = caps;
  }

  /** What all results together were like. */
  summary(): Omit<Summary, "concurrency"> {
    const { concurrency: _, ...summary } = summarize(this.#results);
    return summary;
  }

  /**
   * Works on what is left, and gives each result as it comes; `onItem` is told of it before that, in the same order, and also of those
   * that nobody takes any more.
   */
  async *work(exchange: Exchange, onItem: (item: BatchItem) => void): AsyncGenerator<void> {
    const left = [...this.#calls.keys()].filter((index) => this.#calls[index] !== undefined);
    const calls = left.map((index) =>
      [callable(this.#calls[index]!, exchange), this.#calls[index]!.params] as const
    );
    const results: ResultStream = exchange.run(() =>
      stream(calls, {
        concurrency: this.#concurrency,
        deadline: this.#caps.deadline,
        onResult: (result, at) => onItem(this.#ended(left[at]!, result)),
      })
    );
    for await (const _ of results) yield;
  }

  /** What is told of the calls that have not ended, where nobody goes on with them. */
  rest(): readonly BatchItem[] {
    const error = { code: "aborted", message: "The batch was aborted before the call had ended" };
    return [...this.#calls.entries()].flatMap(([index, call]) => {
      if (call === undefined) return [];
      const { id = `${this.id}-${index}`, agent } = call;
      const item = { index, id, ok: false, agent: agent.name, content: null, error };
      const used = { usage: NO_USAGE, attempts: 0, cached: false, durationMs: 0 };
      return [{ index, json: JSON.stringify({ ...item, ...used }) }];
    });
  }

  #ended(index: number, result: Result): BatchItem {
    const { id = `${this.id}-${index}` } = this.#calls[index]!;
    this.#calls[index] = undefined;
    // What is summed up is all that is needed of it later.
    this.#results.push({ ...result, content: undefined, toolCalls: [], children: [] } as Result);
    return { index, json: itemJson(index, id, result) };
  }
}

/** The agent, so that its calls wait for their turn and are counted. */
function callable({ agent }: BatchCall, { account, id }: Exchange): Callable {
  return {
    name: agent.name,
    async settle(params, options) {
      // What ends the waiting ends the call as well, and the call says it better.
      await account.turn(currentContext().signal).catch(() => {});
      return await agent.settle(id, params, options);
    },
  };
}

function itemJson(index: number, id: string, result: Result): string {
  const shown = publicResult(result);
  try {
    return JSON.stringify({ index, id, ...shown });
  } catch {
    const message = "The agent gave what cannot be written as JSON";
    const error = { code: "tool", message };
    return JSON.stringify({ index, id, ...shown, ok: false, content: null, error });
  }
}
