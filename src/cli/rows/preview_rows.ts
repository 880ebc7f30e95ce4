import type { FirstRowCheck } from "./check_first_row.ts";
import { type BadRow, type InputRow, isBadRow } from "./row.ts";

/** Rows of which the first ones have been read. They can be iterated once. */
export interface PreviewedRows extends AsyncIterable<InputRow | BadRow>, AsyncDisposable {}

/** The rows that are read at most before one of them was accepted. */
const MAX_PREVIEWED = 100;

/**
 * Reads rows until the check accepts one, so that a mistake in all of them is found before anything
 * is created, sent or written. Usually that is the first row. Rows that cannot be sent may wait for
 * the next ones, as no request depends on them.
 *
 * @param signal Ends the preview, even while the source waits for its next row.
 * @throws {CliError} If no row can be sent.
 */
export async function previewRows(
  rows: AsyncIterable<InputRow | BadRow>,
  check: FirstRowCheck,
  signal: AbortSignal,
): Promise<PreviewedRows> {
  const iterator = watchPending(rows[Symbol.asyncIterator]());
  const previewed: (InputRow | BadRow)[] = [];
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    let isAccepted = false;
    while (!isAccepted && previewed.length < MAX_PREVIEWED) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done) break;
      previewed.push(next.value);
      isAccepted = !isBadRow(next.value) && check.accepts(next.value);
    }
    if (!isAccepted && !signal.aborted) check.end();
  } catch (error) {
    await iterator.close();
    throw error;
  }
  return { ...iterate(previewed, iterator), [Symbol.asyncDispose]: iterator.close };
}

interface Source<T> extends AsyncIterator<T> {
  /** Closes the source. Does not wait for one that waits for its next row, perhaps forever. */
  readonly close: () => Promise<void>;
}

function watchPending<T>(iterator: AsyncIterator<T>): Source<T> {
  let isPending = false;
  const close = async () => {
    const closed = Promise.resolve(iterator.return?.()).catch(() => {});
    if (!isPending) await closed;
  };
  return {
    async next() {
      isPending = true;
      try {
        return await iterator.next();
      } finally {
        isPending = false;
      }
    },
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    close,
  };
}

function iterate<T>(first: T[], rest: AsyncIterator<T>): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      // Rows that were yielded are not kept.
      while (first.length > 0) yield first.shift()!;
      yield* { [Symbol.asyncIterator]: () => rest };
    },
  };
}
