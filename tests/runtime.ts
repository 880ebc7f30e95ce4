/** The runtime of the tests: most of them also run on Node and Bun; see `tools/runtimes/`. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** The name of this runtime. */
export const runtime: "deno" | "node" | "bun" = "deno" in process.versions
  ? "deno"
  : "bun" in process.versions
  ? "bun"
  : "node";

/** Collects garbage, completely and at once. */
export const collectGarbage: () => void = runtime === "bun"
  ? () => (globalThis as unknown as { Bun: { gc(sync: boolean): void } }).Bun.gc(true)
  : exposedGc();

function exposedGc(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}
