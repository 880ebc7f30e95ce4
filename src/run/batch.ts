import type { AgentCall, Callable, ContentOf } from "../call/options/callable.ts";
import { track } from "../call/context.ts";
import { RunError } from "../model/errors.ts";
import type { JournalOnly } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import type { OnlyOptions } from "./journal_options.ts";
import type { CallRunOptions } from "./run_options.ts";
import { type Calls, checkCalls, type IsTuple, resultStream } from "./stream.ts";

/**
 * The results of a run: a tuple for a literal list of calls, else an array of the results of all its
 * agents. With `only`, a place may be empty.
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
 * Makes calls, so many at a time, and gives their results in the order of the input.
 *
 * A failure is a value and never touches another call. A literal list of calls gives a typed tuple back; any sync or
 * async iterable will do, and is pulled as places get free. For results as they come, or more than fit into memory, take
 * {@linkcode stream}.
 *
 * At the `deadline` what is not finished fails with the code `timeout`; a source that is not an array is then not pulled any
 * more.
 *
 * @throws {TypeError} If an option or a call is wrong; for an array, before anything is sent.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} If the signal aborts, the source or a callback throws, or a call fails and `throwOnError` is set. It
 * carries the results so far; the reason is its `cause`.
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
  calls: Calls<T, C>,
  options: CallRunOptions & OnlyOptions<Only> = {},
): Promise<Results<T, C, Only>> {
  // The promise that is tracked is the one the caller gets: a scope must know whether it is awaited.
  return track(collect(calls, options)) as unknown as Promise<Results<T, C, Only>>;
}

async function collect(
  calls: Iterable<AgentCall> | AsyncIterable<AgentCall>,
  options: CallRunOptions & OnlyOptions,
): Promise<Result[]> {
  checkCalls("run the batch", calls, options);
  const results: Result[] = [];
  try {
    for await (const { result, index } of resultStream(calls, options)) results[index] = result;
    fillPlaces(results, calls, options);
  } catch (cause) {
    throw new RunError(
      `Cannot finish the batch as ${reasonOf(cause)}: see \`results\` for what is done`,
      {
        errors: [cause],
        results,
        cause,
      },
    );
  }
  return results;
}

/** Makes `undefined` of the places that nothing came to, where some items are passed over: there are as many as there were items. */
export function fillPlaces(
  results: unknown[],
  items: unknown,
  { only }: OnlyOptions,
): void {
  if (only === undefined) return;
  if (Array.isArray(items)) results.length = items.length;
  for (let i = 0; i < results.length; i++) if (!(i in results)) results[i] = undefined;
}

/** What ended a run early, in a few words. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof DOMException && cause.name === "AbortError") return "it was aborted";
  if (cause instanceof Error) return cause.message.replace(/^Cannot /, "it cannot ");
  return "something was thrown that is no error";
}
