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

/** Parses the body of a batch that was accepted before. */
export type ParseBody = (body: Uint8Array) => BatchRequest;

/** What is needed to continue a batch whose client has left: bytes, as their size is known. */
interface Packed {
  /** The body of the request. The parsed calls may take twenty times as much memory. */
  readonly body: Uint8Array | undefined;
  /** The results without their content, as JSON. */
  readonly results: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Runs a batch, possibly in several parts: each run makes the calls that have not ended yet. */
export class BatchRun {
  /** A random ID, with which the caller can resume the batch. */
  readonly id: string = crypto.randomUUID();
  /** The number of calls. */
  readonly total: number;
  readonly #concurrency: number;
  readonly #limits: ResolvedLimits;
  /** The calls that have not ended yet; `undefined` in the place of those that have. */
  #calls: (BatchCall | undefined)[];
  /** The results of calls that have ended, without their content. */
  #results: Result[] = [];
  /** For each call, 1 once it has ended. */
  readonly #ended: Uint8Array;
  #packed: Packed | undefined;
  #isRunning = false;

  /** Creates a batch that has not started. */
  constructor(
    { calls, concurrency = maxConcurrency(configuration().concurrency) }: BatchRequest,
    limits: ResolvedLimits,
  ) {
    this.#calls = [...calls];
    this.total = calls.length;
    this.#ended = new Uint8Array(calls.length);
    this.#concurrency = Math.min(concurrency, limits.concurrency);
    this.#limits = limits;
  }

  /** Whether calls are being made. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Keeps only what is needed to continue. It must not be running.
   *
   * @param body The body of the request; `undefined` if there is nothing left to do.
   * @returns How many bytes are kept.
   */
  pack(body: Uint8Array | undefined): number {
    const ended = body === undefined ? [] : this.#results;
    const results = this.#packed?.results ?? encoder.encode(JSON.stringify(ended));
    this.#packed = { body, results };
    this.#calls = [];
    this.#results = [];
    return (body?.buffer.byteLength ?? 0) + results.length;
  }

  /** Restores the calls and the results from what was kept. */
  unpack(parse: ParseBody): void {
    if (this.#packed === undefined) return;
    const { body, results } = this.#packed;
    this.#packed = undefined;
    this.#results = JSON.parse(decoder.decode(results));
    if (body === undefined) return;
    this.#calls = parse(body).calls.map((call, i) => this.#ended[i] === 1 ? undefined : call);
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
        onResult: (result, i) => {
          // The request of the client may have ended before its calls, as on Cloudflare Workers.
          if (this.#packed === undefined) onItem(this.#record(remaining[i]!, result));
        },
      })
    );
    this.#isRunning = true;
    try {
      for await (const _ of results) yield;
    } finally {
      this.#isRunning = false;
    }
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
    this.#ended[index] = 1;
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
