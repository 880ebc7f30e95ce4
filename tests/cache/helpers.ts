/** A signal that counts its listeners. */
export function counted(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: Set<unknown>;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const { addEventListener: add, removeEventListener: remove } = signal;
  const listeners = new Set<unknown>();
  signal.addEventListener = function (...args: Parameters<typeof add>) {
    listeners.add(args[1]);
    return add.apply(this, args);
  };
  signal.removeEventListener = function (...args: Parameters<typeof remove>) {
    listeners.delete(args[1]);
    return remove.apply(this, args);
  };
  return { controller, signal, listeners };
}

/** Counts the timers that are set until it is disposed. */
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
