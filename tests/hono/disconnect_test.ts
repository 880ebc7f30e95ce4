/** Clients that go away: what is done for them ends at once, and nothing is left behind. */
import type { AgentRoutes } from "@shoal/agents/hono";
import { assert, assertEquals } from "@std/assert";
import {
  ask,
  delay,
  hanging,
  init,
  raw,
  readText,
  routes,
  serve,
  talkative,
  until,
} from "./helpers.ts";

/** Waits until so many calls, and requests, are in progress, as the metrics tell. */
async function untilInFlight(app: AgentRoutes, calls: number, runs?: number): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { text } = await ask(app, "/metrics");
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
  { name: "a stream that has not begun", path: "/hanging/stream" },
  { name: "a stream that has begun", path: "/hanging/stream", headersFirst: true },
  { name: "a batch", path: "/batch" },
  { name: "a batch as events", path: "/batch", accept: "text/event-stream" },
  { name: "a batch as lines", path: "/batch", accept: "application/x-ndjson" },
  { name: "a chat", path: "/v1/chat/completions" },
  { name: "a streamed chat", path: "/v1/chat/completions", stream: true, headersFirst: true },
];

for (const { name, path, accept = "*/*", stream, headersFirst } of KINDS) {
  Deno.test(`${name}: a client that goes away aborts the calls upstream`, async () => {
    const { agent, aborted } = hanging();
    const app = routes([agent]);
    await using served = serve(app);
    const calls = path === "/batch" ? 5 : 1;
    const body = path === "/batch"
      ? {
        calls: Array.from({ length: calls }, () => ({ agent: "hanging", params: { text: "x" } })),
      }
      : path.startsWith("/v1")
      ? { model: "hanging", messages: [{ role: "user", content: "x" }], stream }
      : { text: "x" };
    const leaving = new AbortController();
    const sending = fetch(served.url + path, { ...init(body, { accept }), signal: leaving.signal });
    const over = sending.then((response) => response.text()).catch(() => {});
    await untilInFlight(app, calls);
    if (headersFirst) await sending;
    const left = performance.now();
    leaving.abort();
    await over;
    await until(() => aborted.length === calls, "the calls are aborted");
    // 100 ms, and some more for a machine that others use, too.
    assert(aborted.at(-1)! - left < 500, `${aborted.at(-1)! - left} ms`);
    await untilInFlight(app, 0, 0);
  });
}

Deno.test("a client that goes away in mid-stream ends it, though nobody writes", async () => {
  const app = routes([talkative("talkative", 1_000, 20)]);
  await using served = serve(app);
  const leaving = new AbortController();
  const response = await fetch(`${served.url}/talkative/stream`, {
    ...init({ text: "x" }),
    signal: leaving.signal,
  });
  const reader = response.body!.getReader();
  await reader.read();
  await untilInFlight(app, 1, 1);
  leaving.abort();
  await reader.read().catch(() => {});
  await untilInFlight(app, 0, 0);
});

Deno.test("a client that only hangs up is noticed as well", async () => {
  const { agent, aborted } = hanging();
  const app = routes([agent]);
  await using served = serve(app);
  const body = '{"text":"x"}';
  const connection = await raw(
    served.port,
    `POST /hanging/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  assert((await readText(connection)).startsWith("HTTP/1.1 200"));
  connection.close();
  await until(() => aborted.length === 1, "the call is aborted");
  await untilInFlight(app, 0, 0);
});

Deno.test("a thousand disconnects leave nothing behind", async () => {
  const { agent, aborted } = hanging();
  const app = routes([agent]);
  await using served = serve(app);
  for (let round = 0; round < 10; round++) {
    const leaving = new AbortController();
    const { signal } = leaving;
    const clients = Array.from(
      { length: 100 },
      (_, i) =>
        fetch(`${served.url}/hanging${i % 2 === 0 ? "" : "/stream"}`, {
          ...init({ text: "x" }),
          signal,
        }).then((response) => response.text()).catch(() => {}),
    );
    await untilInFlight(app, 100, 100);
    leaving.abort();
    await Promise.all(clients);
    await untilInFlight(app, 0, 0);
  }
  assertEquals(aborted.length, 1_000);
  const { text } = await ask(app, "/metrics");
  assertEquals(/shoal_calls_total\{agent="hanging"\} (\d+)/.exec(text)![1], "1000");
});
