/**
 * Imports one module in a fresh isolate, where IO is forbidden, and reports the error, if there is
 * one.
 */
import { forbidIo } from "./forbid_io.ts";

const isolate = self as unknown as Pick<Worker, "addEventListener" | "postMessage">;

isolate.addEventListener("message", async ({ data }) => {
  forbidIo();
  try {
    await import(data);
    isolate.postMessage({ imported: data });
  } catch (error) {
    isolate.postMessage({ imported: data, error: String(error) });
  }
}, { once: true });
