/** Imports one module in a fresh isolate and reports the error, if there is one. */
const isolate = self as unknown as Pick<Worker, "addEventListener" | "postMessage">;

isolate.addEventListener("message", async ({ data }) => {
  try {
    await import(data);
    isolate.postMessage({ imported: data });
  } catch (error) {
    isolate.postMessage({ imported: data, error: String(error) });
  }
}, { once: true });
