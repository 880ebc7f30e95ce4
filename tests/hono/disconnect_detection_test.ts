/**
 * Tests when Deno's server detects disconnects. Over HTTP/1.1 it does not detect any before the
 * response has begun, unless the whole request arrived with its first 512 bytes or with the packet
 * that ended its header. Batches, whose responses begin at once, must always detect them. Streams
 * must detect them when their response begins: with the first heartbeat at the latest. Other calls
 * must at least end at the deadline.
 */
import http2 from "node:http2";
import { assert, assertEquals } from "@std/assert";
import {
  delay,
  hanging,
  request,
  requestInit,
  routes,
  sendRaw,
  serve,
  waitUntil,
} from "./helpers.ts";
import { runtime } from "../runtime.ts";

const long = { text: "x".repeat(10_000) };
const chat = ({ stream }: { stream: boolean }) => ({
  model: "hanging",
  messages: [{ role: "user", content: long.text }],
  stream,
});
const batch = { calls: [{ agent: "hanging", params: long }] };

/** Requests whose disconnect is always detected. */
const ALWAYS: readonly (readonly [name: string, path: string, body: unknown, accept?: string])[] = [
  ["a stream", "/hanging/stream", long],
  ["a batch of one, as JSON", "/batch", batch],
  ["a batch as events", "/batch", batch, "text/event-stream"],
  ["a batch as lines", "/batch", batch, "application/x-ndjson"],
  ["a streamed chat", "/v1/chat/completions", chat({ stream: true })],
  ["a streamed response", "/v1/responses", { model: "hanging", input: long.text, stream: true }],
];

/** Sends a request, its body in separate packets unless `together`, and disconnects mid-call. */
async function leave(
  port: number,
  path: string,
  body: string,
  { headers = {}, begun, together = false }: {
    headers?: Record<string, string>;
    begun: () => boolean;
    together?: boolean;
  },
): Promise<void> {
  const all = {
    host: "x",
    ...requestInit({}).headers,
    "content-length": String(new TextEncoder().encode(body).length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `POST ${path} HTTP/1.1\r\n${lines}\r\n`;
  const connection = await sendRaw(port, together ? head + body : head);
  if (!together) {
    await delay(30);
    await connection.write(body.slice(0, 5));
    await delay(30);
    await connection.write(body.slice(5));
  }
  await waitUntil(begun, "the call has begun");
  connection.close();
}

for (const [name, path, body, accept = "*/*"] of ALWAYS) {
  Deno.test(`${name}: a disconnect is detected for any size and any packets`, async () => {
    const stuck = hanging();
    await using served = serve(routes([stuck.agent], { heartbeat: 200 }));
    for (const together of [true, false]) {
      const before = stuck.aborted.length;
      const begun = () => stuck.calls === before + 1;
      await leave(served.port, path, JSON.stringify(body), {
        headers: { accept },
        begun,
        together,
      });
      await waitUntil(() => stuck.aborted.length === before + 1, "the call is aborted", 2_000);
    }
  });
}

for (
  const [path, body] of [["/hanging", { text: "x" }], ["/v1/chat/completions", {
    model: "hanging",
    messages: [{ role: "user", content: "x" }],
  }]] as const
) {
  Deno.test(`${path}: a disconnect is detected for a small request in one packet`, async () => {
    const stuck = hanging();
    await using served = serve(routes([stuck.agent]));
    const begun = () => stuck.calls === 1;
    await leave(served.port, path, JSON.stringify(body), { begun, together: true });
    await waitUntil(() => stuck.aborted.length === 1, "the call is aborted", 2_000);
  });
}

Deno.test({
  name: "detects a disconnect over HTTP/2 for a plain call of any size, with Deno's server",
  ignore: runtime !== "deno",
  fn: detectHttp2Disconnect,
});

async function detectHttp2Disconnect(): Promise<void> {
  const stuck = hanging();
  await using served = serve(routes([stuck.agent]));
  const session = http2.connect(served.url);
  session.on("error", () => {});
  const closed = new Promise((resolve) => session.on("close", resolve));
  const call = () => {
    const { headers } = requestInit({});
    const request = session.request({ ":method": "POST", ":path": "/hanging", ...headers });
    request.on("error", () => {});
    request.end(JSON.stringify(long));
    return request;
  };
  const first = call();
  call();
  await waitUntil(() => stuck.calls === 2, "both calls have begun");
  // One stream is canceled, as browsers do; then the connection is lost.
  first.close(http2.constants.NGHTTP2_CANCEL);
  await waitUntil(() => stuck.aborted.length === 1, "one call is aborted", 2_000);
  session.destroy();
  await closed;
  await waitUntil(() => stuck.aborted.length === 2, "the other is aborted", 2_000);
}

Deno.test("an undetected disconnect ends at the deadline and releases everything", async () => {
  const stuck = hanging();
  const app = routes([stuck.agent], { limits: { deadline: 500, principal: { concurrency: 1 } } });
  await using served = serve(app);
  const began = performance.now();
  const begun = () => stuck.calls === 1;
  await leave(served.port, "/hanging", JSON.stringify(long), { begun });
  await waitUntil(() => stuck.aborted.length === 1, "the call is aborted");
  assert(performance.now() - began < 4_000);
  await waitUntil(() => stuck.aborted.length === 1, "the call is aborted");
  const { text } = await request(app, "/metrics");
  assert(text.includes("\nshoal_runs_in_flight 0\n"), text);
  // The caller may send another request.
  const again = await request(app, "/hanging", { txt: "x" });
  assertEquals(again.status, 422);
});
