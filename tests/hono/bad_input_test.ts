/** Tests that malformed requests get a clear response and do no harm. */
import { assert, assertEquals } from "@std/assert";
import {
  echo,
  readText,
  request,
  requestInit,
  routes,
  sendRaw,
  serve,
  waitUntil,
} from "./helpers.ts";

const MAX = 20_000;

async function send(body: BodyInit, headers: Record<string, string> = {}) {
  const { agent, provider } = echo();
  const app = routes([agent], { limits: { maxBodyBytes: MAX } });
  // Node requires `duplex` for a stream.
  const init: RequestInit & { duplex: "half" } = {
    ...requestInit({}, headers),
    body,
    duplex: "half",
  };
  const response = await app.request("/echo", init);
  const text = await response.text();
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals(provider.calls, 0);
  return { status: response.status, code: JSON.parse(text).code, text };
}

Deno.test("rejects malformed JSON without quoting it", async () => {
  for (const body of ["{", "nonsense-PRIVATE", '{"a":}', "{'a':1}", "\u0000", '{"a":1}x', "NaN"]) {
    const { status, code, text } = await send(body);
    assertEquals([status, code], [400, "invalid_json"], body);
    assert(!text.includes("PRIVATE"));
  }
});

Deno.test("rejects invalid UTF-8", async () => {
  const broken = new Uint8Array([...new TextEncoder().encode('{"text":"'), 0xff, 0xfe, 0x22, 0x7d]);
  const { status, code } = await send(broken);
  assertEquals([status, code], [400, "invalid_json"]);
});

Deno.test("rejects a body that is not an object", async () => {
  for (const body of ["null", "1", '"x"', "[]", "true", "[{}]"]) {
    const { status, code } = await send(body);
    assertEquals([status, code], [422, "invalid_params"], body);
  }
});

Deno.test("rejects arrays and objects that are nested too deeply", async () => {
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    for (const depth of [150, 3_000]) {
      const inner = open === "[" ? "" : "1";
      const { status, code } = await send(open.repeat(depth) + inner + close.repeat(depth));
      assertEquals([status, code], [400, "invalid_json"]);
    }
  }
});

Deno.test("rejects a body that is too large, with or without a Content-Length", async () => {
  const large = JSON.stringify({ text: "x".repeat(MAX) });
  const { status, code } = await send(large, { "content-length": `${large.length}` });
  assertEquals([status, code], [413, "body_too_large"]);
  // An endless body without a Content-Length.
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new TextEncoder().encode("x".repeat(1_000)));
    },
  });
  const chunked = await send(endless);
  assertEquals([chunked.status, chunked.code], [413, "body_too_large"]);
  assert(pulled < 40);
});

Deno.test("rejects content types that a form could send", async () => {
  for (
    const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
  ) {
    const { status, code } = await send('{"text":"x"}', { "content-type": type });
    assertEquals([status, code], [415, "unsupported_media_type"], type);
  }
  const app = routes([echo().agent]);
  for (const type of ["application/json; charset=utf-8", "application/vnd.api+json"]) {
    const response = await request(app, "/echo", { text: "x" }, { "content-type": type });
    assertEquals(response.status, 200, type);
  }
});

Deno.test("rejects a compressed body and says so", async () => {
  const stream = new Blob(['{"text":"x"}']).stream().pipeThrough(new CompressionStream("gzip"));
  const body = await new Response(stream).arrayBuffer();
  const { status, code, text } = await send(body, { "content-encoding": "gzip" });
  assertEquals([status, code], [415, "unsupported_media_type"]);
  assert(text.includes("compressed"));
});

Deno.test("rejects names of prototype members, paths and control characters", async () => {
  const app = routes([echo().agent]);
  for (
    const name of [
      "__proto__",
      "constructor",
      "toString",
      "..%2f..",
      "%00",
      "%",
      "%zz",
      "echo%0d%0ax:1",
      "%ff",
    ]
  ) {
    const { status, headers } = await request(app, `/${name}`, { text: "x" });
    assertEquals([status, headers.get("x")], [404, null], name);
  }
  const { status } = await request(app, "/echo", JSON.parse('{"__proto__":{"text":"x"},"a":1}'));
  assertEquals([status, ({} as { text?: string }).text], [422, undefined]);
});

Deno.test("replaces request IDs that are not valid", async () => {
  const app = routes([echo().agent]);
  const given = await request(app, "/echo", { text: "x" }, { "x-request-id": "my-id-1" });
  assertEquals(given.headers.get("x-request-id"), "my-id-1");
  const long = await request(app, "/echo", { text: "x" }, { "x-request-id": "x".repeat(5_000) });
  assertEquals(long.headers.get("x-request-id")!.length, 36);
  const odd = await request(app, "/echo", { text: "x" }, { "x-request-id": '<script>"' });
  assertEquals(odd.headers.get("x-request-id")!.length, 36);
});

Deno.test("distinguishes two requests with the same ID", async () => {
  const app = routes([echo("echo", 5).agent]);
  const same = { "x-request-id": "same" };
  const both = [1, 2].map(() => request(app, "/echo", { text: "x" }, same));
  for (const { status } of await Promise.all(both)) assertEquals(status, 200);
  assert((await request(app, "/metrics")).text.includes("\nshoal_runs_in_flight 0\n"));
});

Deno.test("rejects bodies that arrive too slowly", async () => {
  const { agent, provider } = echo();
  const app = routes([agent], { limits: { bodyTimeout: 150 } });
  await using served = serve(app);
  const head = "POST /echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n" +
    "content-type: application/json\r\ncontent-length: 1000\r\n\r\n";
  const connections = await Promise.all(
    Array.from({ length: 50 }, () => sendRaw(served.port, `${head}{"te`)),
  );
  const first = await readText(connections[0]!);
  assert(first.startsWith("HTTP/1.1 408"), first);
  await Promise.all(
    connections.slice(1).map(async (one) => {
      assert((await readText(one)).startsWith("HTTP/1.1 408"));
    }),
  );
  assertEquals(
    (await (await fetch(`${served.url}/echo`, requestInit({ text: "x" }))).json()).ok,
    true,
  );
  const { text } = await request(app, "/metrics");
  assert(text.includes("shoal_runs_in_flight 0"));
  for (const connection of connections) connection.close();
  assertEquals(provider.calls, 1);
});

Deno.test("releases the request when the body is incomplete", async () => {
  const { agent } = echo();
  const app = routes([agent], { limits: { principal: { concurrency: 1 } } });
  await using served = serve(app);
  const connection = await sendRaw(
    served.port,
    "POST /echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n" +
      'content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"te',
  );
  connection.close();
  let status = 0;
  // Once the disconnect is detected, the caller may send another request.
  await waitUntil(() => {
    void request(app, "/echo", { text: "x" }).then((answer) => status = answer.status);
    return status === 200;
  }, "another request is accepted");
});
