/**
 * Disconnects 10,000 clients and measures what is left of them. `disconnect_test.ts` runs it as a
 * process, so that nothing else is counted and garbage can be collected. Writes one line of JSON.
 */
import { hanging, request, requestInit, routes, serve, waitUntil } from "./helpers.ts";
import process from "node:process";
import { readdirSync } from "node:fs";
import { collectGarbage } from "../runtime.ts";

const EACH = 500;
const PATHS = ["/hanging", "/hanging/stream", "/batch", "/v1/chat/completions"];

const stuck = hanging();
// Batch streams that can be resumed would be counted.
const app = routes([stuck.agent], { limits: { resumeGrace: 50 } });
const served = serve(app);

function bodyOf(path: string): unknown {
  if (path === "/batch") return { calls: [{ agent: "hanging", params: { text: "x" } }] };
  if (!path.startsWith("/v1")) return { text: "x" };
  return { model: "hanging", messages: [{ role: "user", content: "x" }], stream: true };
}

async function leave(clients: number): Promise<void> {
  for (let begun = 0; begun < clients; begun += EACH) {
    const { length } = stuck.aborted;
    const before = stuck.calls;
    const leaving = new AbortController();
    const all = Array.from({ length: EACH }, (_, i) => {
      const path = PATHS[i % PATHS.length]!;
      const headers: Record<string, string> = i % 8 === 2 ? { accept: "text/event-stream" } : {};
      return fetch(served.url + path, {
        ...requestInit(bodyOf(path), headers),
        signal: leaving.signal,
      })
        .then((response) => response.text()).catch(() => {});
    });
    await waitUntil(() => stuck.calls === before + EACH, "all calls have begun", 60_000);
    leaving.abort();
    await Promise.all(all);
    await waitUntil(() => stuck.aborted.length === length + EACH, "all are aborted", 60_000);
  }
}

/** Collects garbage and returns the heap size in bytes and the number of open files and sockets. */
async function measure(): Promise<{ heap: number; open: number }> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collectGarbage();
  }
  const open = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  return { heap: process.memoryUsage().heapUsed, open };
}

await leave(1_000);
const before = await measure();
await leave(10_000);
const after = await measure();
const { text } = await request(app, "/metrics");
const count = (name: string) =>
  Number(text.match(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, "m"))![1]);
console.log(JSON.stringify({
  before,
  after,
  calls: count("shoal_calls_total"),
  callsInFlight: count("shoal_calls_in_flight"),
  runsInFlight: count("shoal_runs_in_flight"),
  shutdown: await app.shutdown(),
}));
await served[Symbol.asyncDispose]();
