/** The memory of this process. */
import process from "node:process";

/** The most memory this process has had, as the kernel counts it, in MB. */
export function peakMB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** What is alive in the heap, after a garbage collection, in MB. */
export function heapMB(): number {
  collect();
  return Deno.memoryUsage().heapUsed / 2 ** 20;
}

/** What is alive in buffers outside of the heap, after a garbage collection, in MB. */
export function buffersMB(): number {
  collect();
  return Deno.memoryUsage().external / 2 ** 20;
}

/** Throws away what the warm-up left, so that it is not counted for the work. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The processes of the bench have a `gc`; a test has none. */
function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
