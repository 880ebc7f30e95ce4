/** Advances virtual time from timer to timer, and waits for real work when there is none. */
import { setImmediate } from "node:timers";
import type { Timers } from "./timers.ts";

/** The maximum number of timers that fire in one turn of the event loop. */
const TURN = 64;

// The real functions, from before virtual time.
const real = {
  setTimeout: globalThis.setTimeout,
  now: performance.now.bind(performance),
};

/**
 * Fires timers until the next one is due after `end`, none is left, or the work has settled. Each
 * timer fires only after all work without timers that the previous ones caused is done.
 *
 * Immediates guarantee that: all microtasks run before each of them, even between two that were
 * set together. In Deno a turn of the event loop takes 2 µs (a message on a `MessageChannel` 2.5
 * to 5 µs, a real timer 2 ms), but each of many immediates in one turn only 0.3 µs. So a turn has
 * as many immediates as there are timers, up to a limit.
 */
export function advance(timers: Timers, end: number, settled: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending = 0;
    let isOver = false;
    const turn = (): void => {
      pending = Math.min(timers.size + 1, TURN);
      for (let i = pending; i > 0; i--) setImmediate(step);
    };
    const step = (): void => {
      pending--;
      if (!isOver) {
        const { failed } = timers;
        if (failed !== undefined) {
          timers.failed = undefined;
          isOver = true;
          reject(failed.error);
        } else {
          const due = timers.nextDue;
          isOver = settled() || due === undefined || due > end;
          if (isOver) resolve();
          else timers.fireNext();
        }
      }
      if (pending === 0 && !isOver) turn();
    };
    turn();
  });
}

/**
 * Waits for real work to set a timer or to settle the run, when no timer is left.
 *
 * @param patience How long to wait, in real milliseconds.
 * @throws {Error} If nothing happens in that time.
 */
export async function waitForRealWork(
  timers: Timers,
  settled: () => boolean,
  patience: number,
): Promise<void> {
  const began = real.now();
  let turns = 0;
  while (timers.size === 0 && !settled()) {
    if (++turns > 10 && real.now() - began >= patience) {
      throw new Error(
        "Cannot go on in virtual time as nothing is left to wait for: " +
          "the work waits for a promise that never settles, " +
          "or for a socket or a timer that is real",
      );
    }
    const schedule = (resolve: () => void) =>
      turns > 10 ? real.setTimeout.call(globalThis, resolve, 1) : setImmediate(resolve);
    await new Promise<void>(schedule);
  }
}
