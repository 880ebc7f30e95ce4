/** Resolves with the first SIGINT or SIGTERM. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const on = () => {
      Deno.removeSignalListener("SIGINT", on);
      Deno.removeSignalListener("SIGTERM", on);
      resolve();
    };
    Deno.addSignalListener("SIGINT", on);
    Deno.addSignalListener("SIGTERM", on);
  });
}
