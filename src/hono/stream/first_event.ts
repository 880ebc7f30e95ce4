/** Waits for the first event of a stream, on which the status of the response depends. */

/** Options of {@linkcode waitForFirstEvent}. */
export interface FirstEventOptions<T> {
  /** How long to wait, in milliseconds. */
  readonly timeout: number;
  /** Whether the stream may still fail as if it had not begun. */
  readonly isTentative: (event: T) => boolean;
  /** Called once if there is no event within 50 ms. Its work is saved in the usual case. */
  readonly onWait: () => void;
}

/** A stream that has begun. */
export interface BegunStream<T> {
  /** All events, the first ones included. */
  readonly events: AsyncIterator<T>;
  /** Whether no event has arrived in time. */
  readonly isLate: boolean;
}

/** The wait after which `onWait` is called, in milliseconds. */
const SOON = 50;

const LATE = Symbol("late");

/**
 * Waits for the first event that is not tentative.
 *
 * @throws What the stream throws before that event, within the timeout.
 */
export async function waitForFirstEvent<T>(
  source: AsyncIterator<T>,
  { timeout, isTentative, onWait }: FirstEventOptions<T>,
): Promise<BegunStream<T>> {
  const late = Promise.withResolvers<typeof LATE>();
  const soon = Math.min(SOON, timeout);
  let timer = setTimeout(() => {
    onWait();
    timer = setTimeout(() => late.resolve(LATE), timeout - soon);
  }, soon);
  const held: T[] = [];
  let next = source.next();
  try {
    for (;;) {
      const first = await Promise.race([next, late.promise]);
      if (first === LATE) {
        // A later rejection is handled where the events are read.
        next.catch(() => {});
        return { events: withFirst(held, next, source), isLate: held.length === 0 };
      }
      if (first.done || !isTentative(first.value)) {
        return { events: withFirst(held, next, source), isLate: false };
      }
      held.push(first.value);
      next = source.next();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Returns an iterator of the events that were held back, of the next one, and of the rest. */
function withFirst<T>(
  held: T[],
  next: Promise<IteratorResult<T>>,
  source: AsyncIterator<T>,
): AsyncIterator<T> {
  let pending: Promise<IteratorResult<T>> | undefined = next;
  return {
    next() {
      const value = held.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      const first = pending ?? source.next();
      pending = undefined;
      return first;
    },
    return: () => source.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}
