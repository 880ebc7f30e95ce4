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
interface RuntimeGlobals {
  readonly process?: {
    readonly versions?: { readonly node?: string; readonly deno?: string };
    /** Node's permission model, if it is on. */
    readonly permission?: { has(permission: string): boolean };
  };
  readonly navigator?: { readonly userAgent?: string };
  readonly Worker?: unknown;
}

/** Whether `node:worker_threads` works. It is not imported, as some runtimes do not have it. */
function hasThreads(): boolean {
  const { process, navigator, Worker } = globalThis as unknown as RuntimeGlobals;
  const { node, deno } = process?.versions ?? {};
  // Browsers have workers of the web only, and bundlers give them a `process` without versions.
  if (node === undefined) return false;
  // Deno Deploy has neither kind of workers, and only the global shows it.
  if (deno !== undefined) return typeof Worker === "function";
  // Cloudflare reports a version of Node.
  if (navigator?.userAgent === "Cloudflare-Workers") return false;
  return process?.permission?.has("worker") ?? true;
}
