/** How virtual time passes: from one timer to the next, and what happens when there is none. */
import { setImmediate } from "node:timers";
import type { Timers } from "./timers.ts";

/** How many timers may fire until the event loop gets its turn. */
const TURN = 64;

// As they were before virtual time began.
const real = {
  setTimeout: globalThis.setTimeout,
  now: performance.now.bind(performance),
};

/**
 * Fires timers until the next one is due after `end`, or nothing is left, or the work has settled; each only after everything that
 * the ones before it have set off and that needs no timer is done.
 *
 * That is what an immediate is sure of: all microtasks have run before it, also between two that were set in one go. In Deno
 * the turn of an event loop takes 2 µs (a message on a `MessageChannel` 2.5 to 5 µs, a real timer 2 ms), but only 0.3 µs for each of many
 * immediates in one turn. So there are as many in a turn as there are timers, up to a limit.
 */
export function advance(timers: Timers, end: number, settled: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = 0;
    let over = false;
    const turn = (): void => {
      left = Math.min(timers.size + 1, TURN);
      for (let i = left; i > 0; i--) setImmediate(step);
    };
    const step = (): void => {
      left--;
      if (!over) {
        const { failed } = timers;
        if (failed !== undefined) {
          timers.failed = undefined;
          over = true;
          reject(failed.error);
        } else {
          const due = timers.nextDue;
          over = settled() || due === undefined || due > end;
          if (over) resolve();
          else timers.fireNext();
        }
      }
      if (left === 0 && !over) turn();
    };
    turn();
  });
}

/**
 * Nothing is left to jump to: perhaps something real comes, within so many real milliseconds.
 *
 * @throws {Error} If nothing does.
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
        "Cannot go on in virtual time as nothing is left to wait for: the work waits for a promise that nobody settles, " +
          "or for the real world, a socket or a timer that is not virtual",
      );
    }
    const soon = (resolve: () => void) =>
      turns > 10 ? real.setTimeout.call(globalThis, resolve, 1) : setImmediate(resolve);
    await new Promise<void>(soon);
  }
}
