/**
 * The same items until the signal aborts. That is seen at once, even while the source waits for its next item: it may wait for ever, as
 * the standard input does.
 */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let wake = (_: undefined): void => {};
  const onAbort = () => wake(undefined);
  signal.addEventListener("abort", onAbort);
  let waits = false;
  try {
    while (!signal.aborted) {
      waits = true;
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        wake = resolve;
        iterator.next().then(resolve, reject);
      });
      if (next === undefined) return;
      waits = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A source that waits ends when it gets there: nobody waits for that.
    const ended = Promise.resolve(iterator.return?.()).catch(() => {});
    if (!waits) await ended;
  }
}
