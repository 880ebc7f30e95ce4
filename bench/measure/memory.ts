import process from "node:process";

/** Returns the peak RSS of this process in MB, as the kernel counts it. */
export function peakMB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Returns the size of the live heap in MB, after a garbage collection. */
export function heapMB(): number {
  collectOnce();
  return Deno.memoryUsage().heapUsed / 2 ** 20;
}

/** Returns the size of live buffers outside the heap in MB, after a garbage collection. */
export function buffersMB(): number {
  collectOnce();
  return Deno.memoryUsage().external / 2 ** 20;
}

/** Collects the garbage of the warm-up, so that it does not count for the work. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectOnce();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The processes of the bench run with `--expose-gc`; tests do not. */
function collectOnce(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
