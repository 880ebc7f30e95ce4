/**
 * When Deno's own server tells that a client has gone, however the request came: over HTTP/1.1 it does not look for that before an answer has
 * begun, unless the whole request came with its first 512 bytes, or with the packet that ended its header. What does not depend on that must
 * work always; what does must at least end with its time.
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

const long = { text: "x".repeat(10_000) };
const chat = (stream: boolean) => ({
  model: "hanging",
  messages: [{ role: "user", content: long.text }],
  stream,
});
const batch = { calls: [{ agent: "hanging", params: long }] };

/** What is noticed however it was sent. */
const ALWAYS: readonly (readonly [name: string, path: string, body: unknown, accept?: string])[] = [
  ["a stream", "/hanging/stream", long],
  ["a batch of one, as JSON", "/batch", batch],
  ["a batch as events", "/batch", batch, "text/event-stream"],
  ["a batch as lines", "/batch", batch, "application/x-ndjson"],
  ["a streamed chat", "/v1/chat/completions", chat(true)],
];

/** Sends a request: its header, and its body in packets of its own; then goes away when the call has begun. */
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
  const write = async (text: string): Promise<void> => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  if (!together) {
    await delay(30);
    await write(body.slice(0, 5));
    await delay(30);
    await write(body.slice(5));
  }
  await waitUntil(begun, "the call has begun");
  connection.close();
}

for (const [name, path, body, accept = "*/*"] of ALWAYS) {
  Deno.test(`${name}: noticed, however long the request and however it came`, async () => {
    const stuck = hanging();
    await using served = serve(routes([stuck.agent]));
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
  Deno.test(`${path}: a small request in one packet is noticed`, async () => {
    const stuck = hanging();
    await using served = serve(routes([stuck.agent]));
    const begun = () => stuck.calls === 1;
    await leave(served.port, path, JSON.stringify(body), { begun, together: true });
    await waitUntil(() => stuck.aborted.length === 1, "the call is aborted", 2_000);
  });
}

Deno.test("a plain call of any size is noticed over HTTP/2", async () => {
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
  // One is given up, as browsers do it, and then the connection is lost.
  first.close(http2.constants.NGHTTP2_CANCEL);
  await waitUntil(() => stuck.aborted.length === 1, "one call is aborted", 2_000);
  session.destroy();
  await closed;
  await waitUntil(() => stuck.aborted.length === 2, "the other is aborted", 2_000);
});

Deno.test("a plain call that Deno tells nothing of ends with its time, and gives everything back", async () => {
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
  // The account has room again.
  const again = await request(app, "/hanging", { txt: "x" });
  assertEquals(again.status, 422);
});
