/** Where calls can run. */
export type ModeName = "event-loop" | "workers";

/**
 * Whether calls can run in this mode here. The event loop is available everywhere; Web Workers are
 * not, on Deno Deploy for example.
 *
 * @throws {TypeError} If there is no such mode.
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
  throw new TypeError('Cannot tell as there is no such mode: it must be "event-loop" or "workers"');
}
