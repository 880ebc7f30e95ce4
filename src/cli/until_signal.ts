import { isSignalSupported } from "./interrupt.ts";

/** Resolves with the first SIGINT or SIGTERM. */
export function untilInterrupted(): Promise<void> {
  const signals = (["SIGINT", "SIGTERM"] as const).filter(isSignalSupported);
  return new Promise((resolve) => {
    const on = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, on);
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, on);
  });
}
