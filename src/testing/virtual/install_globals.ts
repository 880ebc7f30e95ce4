/**
 * Puts virtual time in the place of the real one, and back.
 */
import { refuse } from "../../model/check_options.ts";
import { timeoutReason } from "../../async/abort.ts";
import { seededRandom } from "../simulator/random.ts";
import { type Timers, VirtualTimer } from "./timers.ts";

/** Where the two clocks stand when virtual time begins, in milliseconds. */
export interface Beginning {
  /** What `performance.now()` gives. */
  readonly monotonic: number;
  /** What `Date.now()` gives. */
  readonly date: number;
}

/**
 * Lets the globals follow these timers.
 *
 * @returns A function that puts the real ones back.
 */
export function installGlobals(
  timers: Timers,
  { monotonic, date }: Beginning,
  seed: number | undefined,
): () => void {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval };
  const undo: (() => void)[] = [];
  const put = (owner: object, name: PropertyKey, value: unknown): void => {
    // The timers of Deno are accessors, and `performance.now` lies on the prototype: what was there is put back as it was.
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: before?.enumerable ?? true,
    });
    undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    });
  };

  const set = (repeat: boolean) =>
  (
    callback: (...args: unknown[]) => void,
    ms: unknown = 1,
    ...args: unknown[]
  ): VirtualTimer => {
    if (typeof callback !== "function") {
      refuse("set a timer", "its callback", "a function", callback);
    }
    const call = args.length === 0 ? callback : () => callback(...args);
    return timers.set(call, Number(ms), repeat);
  };
  const clear = (realClear: (timer?: number) => void) => (timer: unknown): void => {
    const found = timer instanceof VirtualTimer ? timer : timers.numbered.get(Number(timer));
    if (found !== undefined) timers.clear(found);
    // A timer that was set before virtual time began can be cleared in it.
    else realClear(timer as number);
  };
  put(globalThis, "setTimeout", set(false));
  put(globalThis, "setInterval", set(true));
  put(globalThis, "clearTimeout", clear(real.clearTimeout));
  put(globalThis, "clearInterval", clear(real.clearInterval));
  put(globalThis, "Date", virtualDate(() => date + timers.now));
  put(performance, "now", () => monotonic + timers.now);
  put(AbortSignal, "timeout", (ms: number): AbortSignal => {
    const controller = new AbortController();
    timers.set(() => controller.abort(timeoutReason("Signal timed out.")), ms, false);
    return controller.signal;
  });
  if (seed !== undefined) put(Math, "random", seededRandom(seed));
  return () => {
    for (const one of undo.reverse()) one();
  };
}

/** A `Date` whose present is another one. Both share their prototype, so that `instanceof` holds either way. */
function virtualDate(now: () => number): DateConstructor {
  const Real = Date;
  function VirtualDate(...args: unknown[]): string | Date {
    if (new.target === undefined) return new Real(now()).toString();
    const as = new.target === (VirtualDate as unknown) ? Real : new.target;
    return Reflect.construct(Real, args.length === 0 ? [now()] : args, as);
  }
  const { parse, UTC, prototype } = Real;
  return Object.assign(VirtualDate, { parse, UTC, now, prototype }) as unknown as DateConstructor;
}
