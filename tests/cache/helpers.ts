/** Counts the timers that are set until disposal. */
export function countedTimers(): Disposable & { readonly set: number } {
  const { setTimeout } = globalThis;
  let set = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    set++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  return {
    get set() {
      return set;
    },
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}
