import { currentRuntime } from "../model/runtime.ts";

/** Where calls can run. */
export type ModeName = "event-loop" | "workers";

/**
 * Whether this runtime can run calls in a mode. The event loop is available everywhere. Workers are
 * available on Deno, Node and Bun; not on Deno Deploy, on Cloudflare, in browsers, or on Node with
 * `--permission` but without `--allow-worker`.
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
  if (mode === "workers") return hasThreads();
  throw new TypeError('Cannot check the mode as mode must be "event-loop" or "workers"');
}

/** The globals that show whether there are threads. No runtime has all of them. */
interface ThreadGlobals {
  /** Node's permission model, if it is on. */
  readonly process?: { readonly permission?: { has(permission: string): boolean } };
  readonly Worker?: unknown;
}

/** Whether `node:worker_threads` works. It is not imported, as some runtimes do not have it. */
function hasThreads(): boolean {
  const { process, Worker } = globalThis as unknown as ThreadGlobals;
  switch (currentRuntime()) {
    case "node":
      return process?.permission?.has("worker") ?? true;
    case "bun":
      return true;
    case "deno":
      // Deno Deploy has neither kind of workers, and only the global shows it.
      return typeof Worker === "function";
    default:
      return false;
  }
}
