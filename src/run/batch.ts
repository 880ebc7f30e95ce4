import type { AgentCall, Callable, ContentOf } from "../call/options/callable.ts";
import { track } from "../call/context.ts";
import type { JournalOnly } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import type { OnlyOptions } from "./journal_options.ts";
import type { CallRunOptions } from "./run_options.ts";
import { type CallSource, checkCalls, type IsTuple, resultStream } from "./stream.ts";

/**
 * The results of a batch: a tuple for a literal list of calls, otherwise an array. With `only`, a
 * place may be `undefined`.
 *
 * @internal
 */
export type Results<T extends readonly Callable[], C extends AgentCall, Only> = IsTuple<T> extends
  true ? { -readonly [K in keyof T]: Result<ContentOf<T[K]>> | Skipped<Only> }
  : (Result<ContentOf<C[0]>> | Skipped<Only>)[];

/**
 * The result of an item that is skipped.
 *
 * @internal
 */
export type Skipped<Only> = Only extends JournalOnly ? undefined : never;

/**
 * Runs calls concurrently and returns their results in input order.
 *
 * A failure is a value and does not affect other calls. The calls may be any sync or async
 * iterable, which is pulled as calls finish; a literal list returns a typed tuple. Use {@linkcode
 * stream} for results as they complete, or for more results than fit into memory.
 *
 * At the `deadline`, calls that are not finished fail with the code `timeout`, and a source that
 * is not an array is not pulled any further.
 *
 * @throws {TypeError} If an option or a call is wrong; for an array, before anything is sent.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} If the signal aborts, the source or a callback throws, or a call fails and
 * `throwOnError` is set. It carries the `results` of finished calls and the reason as its `cause`.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted((request) => `re: ${request.messages.at(-1)?.content}`);
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider });
 *
 * const [a, b] = await batch([[Echo, { text: "x" }], [Echo, { text: "y" }]], { concurrency: 5 });
 * console.log(a.content, b.content); // re: x re: y
 * ```
 */
export function batch<
  C extends AgentCall,
  const T extends readonly Callable[] = never,
  Only extends JournalOnly | undefined = undefined,
>(
  calls: CallSource<T, C>,
  options: CallRunOptions & OnlyOptions<Only> = {},
): Promise<Results<T, C, Only>> {
  // A scope must know whether the promise is awaited, so it tracks the one that is returned.
  return track(collectResults(calls, options)) as unknown as Promise<Results<T, C, Only>>;
}

async function collectResults(
  calls: Iterable<AgentCall> | AsyncIterable<AgentCall>,
  options: CallRunOptions & OnlyOptions,
): Promise<Result[]> {
  checkCalls("run the batch", calls, options);
  const results: Result[] = [];
  const stream = resultStream(calls, options, { name: "the batch", results });
  for await (const { result, index } of stream) results[index] = result;
  fillSkipped(results, calls, options);
  return results;
}

/** Fills the places of skipped items with `undefined`, so that each item has a place. */
export function fillSkipped(
  results: unknown[],
  items: unknown,
  { only }: OnlyOptions,
): void {
  if (only === undefined) return;
  if (Array.isArray(items)) results.length = items.length;
  for (let i = 0; i < results.length; i++) if (!(i in results)) results[i] = undefined;
}
