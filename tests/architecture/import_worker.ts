/** Imports one module in a fresh isolate and reports the error, if there is one. */
declare const self: DedicatedWorkerGlobalScope;

self.addEventListener("message", async ({ data }: MessageEvent<string>) => {
  const report = self.postMessage.bind(self);
  try {
    await import(data);
    report({ imported: data });
  } catch (error) {
    report({ imported: data, error: String(error) });
  }
}, { once: true });

export {};
