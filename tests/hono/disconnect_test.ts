/** Tests that a disconnect aborts the calls of a client at once and leaks nothing. */
import type { AgentRoutes } from "@shoal/agents/hono";
import { assert, assertEquals } from "@std/assert";
import {
  delay,
  hanging,
  readText,
  request,
  requestInit,
  routes,
  sendRaw,
  serve,
  streaming,
  waitUntil,
} from "./helpers.ts";
import { startModule } from "../child.ts";

/** Waits until the metrics report this number of calls, and of requests, in progress. */
async function untilInFlight(app: AgentRoutes, calls: number, runs?: number): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { text } = await request(app, "/metrics");
    const count = [...text.matchAll(/^shoal_calls_in_flight\{.*\} (\d+)$/gm)]
      .reduce((sum, [, n]) => sum + Number(n), 0);
    const running = Number(text.match(/^shoal_runs_in_flight (\d+)$/m)![1]);
    if (count === calls && (runs === undefined || running === runs)) return;
    assert(performance.now() - began < 10_000, `${count} calls, ${running} requests in progress`);
    await delay(5);
  }
}

const KINDS = [
  { name: "JSON", path: "/hanging" },
  { name: "a stream before its response", path: "/hanging/stream" },
  { name: "a stream after its response began", path: "/hanging/stream", headersFirst: true },
  { name: "a batch", path: "/batch" },
  { name: "a batch as events", path: "/batch", accept: "text/event-stream" },
  { name: "a batch as lines", path: "/batch", accept: "application/x-ndjson" },
  { name: "a chat", path: "/v1/chat/completions" },
  { name: "a streamed chat before its response", path: "/v1/chat/completions", stream: true },
  { name: "a streamed chat", path: "/v1/chat/completions", stream: true, headersFirst: true },
  { name: "a response", path: "/v1/responses" },
  { name: "a streamed response", path: "/v1/responses", stream: true, headersFirst: true },
];

/** How often each case is measured: on a shared machine a single one may be late. */
const ROUNDS = 20;

for (const { name, path, accept = "*/*", stream, headersFirst } of KINDS) {
  Deno.test(`${name}: a disconnect aborts the calls upstream within 100 ms`, async () => {
    const { agent, aborted } = hanging();
    const app = routes([agent], headersFirst ? { heartbeat: 10 } : {});
    await using served = serve(app);
    const calls = path === "/batch" ? 5 : 1;
    const body = path === "/batch"
      ? {
        calls: Array.from({ length: calls }, () => ({ agent: "hanging", params: { text: "x" } })),
      }
      : path.startsWith("/v1")
      ? {
        model: "hanging",
        ...(path === "/v1/responses"
          ? { input: "x" }
          : { messages: [{ role: "user", content: "x" }] }),
        stream,
      }
      : { text: "x" };
    const took: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const leaving = new AbortController();
      const { signal } = leaving;
      const sending = fetch(served.url + path, { ...requestInit(body, { accept }), signal });
      const over = sending.then((response) => response.text()).catch(() => {});
      await untilInFlight(app, calls);
      if (headersFirst) await sending;
      const left = performance.now();
      leaving.abort();
      await over;
      await waitUntil(() => aborted.length === round * calls, "the calls are aborted");
      took.push(aborted.at(-1)! - left);
      await untilInFlight(app, 0, 0);
    }
    const median = took.toSorted((a, b) => a - b)[ROUNDS / 2]!;
    assert(median <= 100, `${took.map(Math.round)} ms`);
  });
}

Deno.test("a client that disconnects mid-stream aborts the call, even between deltas", async () => {
  const app = routes([streaming("streaming", 1_000, 20)]);
  await using served = serve(app);
  const leaving = new AbortController();
  const response = await fetch(`${served.url}/streaming/stream`, {
    ...requestInit({ text: "x" }),
    signal: leaving.signal,
  });
  const reader = response.body!.getReader();
  await reader.read();
  await untilInFlight(app, 1, 1);
  leaving.abort();
  await reader.read().catch(() => {});
  await untilInFlight(app, 0, 0);
});

Deno.test("a closed socket aborts the call", async () => {
  const { agent, aborted } = hanging();
  const app = routes([agent], { heartbeat: 50 });
  await using served = serve(app);
  const body = '{"text":"x"}';
  const connection = await sendRaw(
    served.port,
    `POST /hanging/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  assert((await readText(connection)).startsWith("HTTP/1.1 200"));
  connection.close();
  await waitUntil(() => aborted.length === 1, "the call is aborted");
  await untilInFlight(app, 0, 0);
});

Deno.test("10,000 disconnects leak nothing", async () => {
  const { success, stdout, stderr } = await startModule(
    new URL("./disconnects_child.ts", import.meta.url),
    // The clients leave 500 at a time, and Bun would send at most 256 requests at once.
    { permissions: ["--allow-all"], env: { BUN_CONFIG_MAX_HTTP_REQUESTS: "1000" } },
  ).output;
  assert(success, stderr);
  const { before, after, shutdown, ...counts } = JSON.parse(stdout);
  assertEquals(counts, { calls: 11_000, callsInFlight: 0, runsInFlight: 0 });
  assertEquals(shutdown, { finished: 0, aborted: 0 });
  assert(after.open <= before.open + 2, `${before.open}, then ${after.open} sockets and files`);
  assert(after.heap < before.heap + 4e6, `${before.heap}, then ${after.heap} bytes`);
});
