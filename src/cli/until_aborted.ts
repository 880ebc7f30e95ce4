/**
 * Yields the items until the signal aborts, even while the source waits for its next item: the
 * standard input may wait forever.
 */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let wake = (_: undefined): void => {};
  const onAbort = () => wake(undefined);
  signal.addEventListener("abort", onAbort);
  let isPending = false;
  try {
    while (!signal.aborted) {
      isPending = true;
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        wake = resolve;
        iterator.next().then(resolve, reject);
      });
      if (next === undefined) return;
      isPending = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A pending source may never return: only a source that is not pending is awaited.
    const returned = Promise.resolve(iterator.return?.()).catch(() => {});
    if (!isPending) await returned;
  }
}
