/** Where calls can run. */
export type ModeName = "event-loop" | "workers";

/**
 * Whether this runtime can run calls in a mode. The event loop is available everywhere; Web Workers
 * are not, for example on Deno Deploy.
 *
 * @throws {TypeError} If the mode is unknown.
 *
 * @example
 * ```ts
 * import { isAvailable } from "@shoal/agents";
 *
 * console.log(isAvailable("event-loop")); // true
 * ```
 */
export function isAvailable(mode: ModeName): boolean {
  if (mode === "event-loop") return true;
  if (mode === "workers") return typeof Worker === "function";
  throw new TypeError('Cannot check the mode as mode must be "event-loop" or "workers"');
}
