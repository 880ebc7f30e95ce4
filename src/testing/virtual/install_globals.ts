/** Replaces the global clock and timers by virtual ones, and restores them. */
import { refuse } from "../../model/check_options.ts";
import { timeoutReason } from "../../async/abort.ts";
import { seededRandom } from "../simulator/random.ts";
import { type Timers, VirtualTimer } from "./timers.ts";

/** The values of the real clocks when virtual time starts, in milliseconds. */
export interface Beginning {
  /** The value of `performance.now()`. */
  readonly monotonic: number;
  /** The value of `Date.now()`. */
  readonly date: number;
}

/**
 * Makes the globals follow these timers.
 *
 * @returns A function that restores the real ones.
 */
export function installGlobals(
  timers: Timers,
  { monotonic, date }: Beginning,
  seed: number | undefined,
): () => void {
  const real = { setTimeout, clearTimeout, setInterval, clearInterval };
  const undo: (() => void)[] = [];
  const put = (owner: object, name: PropertyKey, value: unknown): void => {
    // Deno's timers are accessors, and `performance.now` is on the prototype: the exact previous
    // property is restored.
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

  const set = (mode: "once" | "repeat") =>
  (
    callback: (...args: unknown[]) => void,
    ms: unknown = 1,
    ...args: unknown[]
  ): VirtualTimer => {
    if (typeof callback !== "function") {
      refuse("set a timer", "its callback", "a function", callback);
    }
    const call = args.length === 0 ? callback : () => callback(...args);
    return timers.set(call, Number(ms), mode);
  };
  const clear = (realClear: (timer?: number) => void) => (timer: unknown): void => {
    const found = timer instanceof VirtualTimer ? timer : timers.numbered.get(Number(timer));
    if (found !== undefined) timers.clear(found);
    // A timer that was set before virtual time can be cleared during it.
    else realClear(timer as number);
  };
  put(globalThis, "setTimeout", set("once"));
  put(globalThis, "setInterval", set("repeat"));
  put(globalThis, "clearTimeout", clear(real.clearTimeout));
  put(globalThis, "clearInterval", clear(real.clearInterval));
  put(globalThis, "Date", virtualDate(() => date + timers.now));
  put(performance, "now", () => monotonic + timers.now);
  put(AbortSignal, "timeout", (ms: number): AbortSignal => {
    const controller = new AbortController();
    timers.set(() => controller.abort(timeoutReason("Signal timed out.")), ms, "once");
    return controller.signal;
  });
  if (seed !== undefined) put(Math, "random", seededRandom(seed));
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}

/**
 * Returns a `Date` with its own current time, and the same prototype, so that `instanceof` works.
 */
function virtualDate(now: () => number): DateConstructor {
  const Real = Date;
  function VirtualDate(...args: unknown[]): string | Date {
    if (new.target === undefined) return new Real(now()).toString();
    const target = new.target === (VirtualDate as unknown) ? Real : new.target;
    return Reflect.construct(Real, args.length === 0 ? [now()] : args, target);
  }
  const { parse, UTC, prototype } = Real;
  return Object.assign(VirtualDate, { parse, UTC, now, prototype }) as unknown as DateConstructor;
}
