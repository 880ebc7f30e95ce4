/**
 * Runs a Worker in miniflare, with Node: `node host.mjs OPTIONS`. The options are JSON: the path of
 * miniflare, the path of the Worker, its compatibility date and flags, and its bindings. Prints the
 * URL; ends when its input ends.
 */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const { miniflare, worker, date, flags, bindings } = JSON.parse(process.argv[2]);
const main = join(dirname(realpathSync(miniflare)), "dist/src/index.js");
const { Log, LogLevel, Miniflare } = (await import(pathToFileURL(main).href)).default;

const runtime = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  // Without it, details of a location would be downloaded.
  cf: false,
  log: new Log(LogLevel.WARN),
  // As text, since miniflare's own parser does not know `using`.
  modules: [{ type: "ESModule", path: "worker.mjs", contents: readFileSync(worker, "utf8") }],
  compatibilityDate: date,
  compatibilityFlags: flags,
  bindings,
});
process.stdin.resume().on("end", async () => {
  await runtime.dispose();
  process.exit(0);
});
console.log((await runtime.ready).href);
