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
  const iterator = rows[Symbol.asyncIterator]();
  const previewed: (InputRow | BadRow)[] = [];
  const close = async () => void await iterator.return?.();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    let isAccepted = false;
    while (!isAccepted && previewed.length < MAX_PREVIEWED) {
      const next = await Promise.race([iterator.next(), aborted]);
      // A source that waits for its next row would not end before that.
      if (next === undefined) return { ...iterate([], iterator), [Symbol.asyncDispose]: noop };
      if (next.done) break;
      previewed.push(next.value);
      isAccepted = !isBadRow(next.value) && check.accepts(next.value);
    }
    if (!isAccepted) check.end();
  } catch (error) {
    await close();
    throw error;
  }
  return { ...iterate(previewed, iterator), [Symbol.asyncDispose]: close };
}

const noop = () => Promise.resolve();

function iterate<T>(first: T[], rest: AsyncIterator<T>): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      // Rows that were yielded are not kept.
      while (first.length > 0) yield first.shift()!;
      yield* { [Symbol.asyncIterator]: () => rest };
    },
  };
}
