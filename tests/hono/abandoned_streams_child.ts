/**
 * Abandons many batch streams of one caller over HTTP, in a process whose heap is small;
 * `abandoned_streams_test.ts` starts it. Prints one line of JSON.
 */
import { readEvents, request, requestInit, routes, serve, waitUntil } from "./helpers.ts";
import { defineAgent } from "@shoal/agents";
import process from "node:process";

/** How many streams are abandoned. */
const STREAMS = Number(process.argv.at(-1));

/** Ends the latest call that waits. Those of abandoned streams must not be held here. */
let openGate = () => {};
let waiting = 0;
const agent = defineAgent({
  name: "gated",
  run: (params: { gate?: boolean }, { signal }) =>
    new Promise((resolve, reject) => {
      if (!params.gate) return resolve("x".repeat(1_000));
      openGate = () => resolve("done");
      waiting++;
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
});
const app = routes([agent], { limits: { concurrency: 4 } });
const served = serve(app);

/** A megabyte of parameters that takes many times as much memory once it is parsed. */
const nested = `[${"[],".repeat(330_000)}[]]`;
const body = `{"calls":[{"agent":"gated","params":{}},{"agent":"gated","params":{"gate":true}},` +
  `{"agent":"gated","params":{"x":${nested}}}],"concurrency":1}`;

async function begin(): Promise<{ id: string; leave(): Promise<void> }> {
  const leaving = new AbortController();
  const response = await fetch(`${served.url}/batch`, {
    ...requestInit({}, { accept: "text/event-stream" }),
    body,
    signal: leaving.signal,
  });
  const events = readEvents(response.body!);
  const first = await events.next();
  await events.next();
  return {
    id: first.value!.data.id,
    async leave() {
      leaving.abort();
      await events.next().catch(() => {});
    },
  };
}

/** Ends a stream by a resumption, which must find all of its results. */
async function resume(id: string): Promise<number> {
  const before = waiting;
  const response = await fetch(`${served.url}/batch/${id}`, requestInit());
  if (response.status !== 200) {
    await response.body?.cancel();
    return response.status;
  }
  void waitUntil(() => waiting > before, "the call waits").then(() => openGate());
  let last;
  for await (const { data } of readEvents(response.body!)) last = data;
  return last.ok === 3 ? 200 : 500;
}

const running = await begin();
const endRunning = openGate;
const ids: string[] = [];
for (let i = 0; i < STREAMS; i++) {
  const stream = await begin();
  await stream.leave();
  ids.push(stream.id);
}
const inFlight = () =>
  request(app, "/metrics").then(({ text }) => text.match(/runs_in_flight (\d+)/)![1]);
while (await inFlight() !== "1") await new Promise((resolve) => setTimeout(resolve, 5));
const oldest = await resume(ids[0]!);
const newest = await resume(ids.at(-1)!);
endRunning();
const end = await fetch(`${served.url}/batch/${running.id}`, requestInit());
let summary;
for await (const { data } of readEvents(end.body!)) summary = data;
console.log(JSON.stringify({ oldest, newest, running: summary.ok }));
process.exit(0);
