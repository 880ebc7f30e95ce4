import { hasSignal } from "./interrupt.ts";

/** Resolves with the first SIGINT or SIGTERM. */
export function untilSignal(): Promise<void> {
  const signals = (["SIGINT", "SIGTERM"] as const).filter(hasSignal);
  return new Promise((resolve) => {
    const on = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, on);
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, on);
  });
}
