import { assertEquals } from "@std/assert";
import { deltaText } from "../../bench/clients/delta_text.ts";
import { readStreams } from "../../bench/clients/read_streams.ts";
import { disconnect } from "../../bench/clients/disconnect.ts";

Deno.test("deltaText: reads deltas of Shoal and of Chat Completions", () => {
  assertEquals(deltaText({ event: "delta", data: '{"type":"delta","text":"a"}' }), "a");
  assertEquals(deltaText({ event: "result", data: '{"type":"result"}' }), undefined);
  const chat = (delta: unknown) => ({ data: JSON.stringify({ choices: [{ delta }] }) });
  assertEquals(deltaText(chat({ content: "b" })), "b");
  assertEquals(deltaText(chat({ role: "assistant", content: "" })), undefined);
  assertEquals(deltaText({ data: '{"choices":[],"usage":{}}' }), undefined);
  assertEquals(deltaText({ data: "[DONE]" }), undefined);
});

/** Starts a server whose responses have `deltas` deltas; every second response lacks one. */
function serve(deltas: number) {
  let n = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const count = n++ % 2 === 0 ? deltas : deltas - 1;
    return new Response('event: delta\ndata: {"text":"x"}\n\n'.repeat(count));
  });
  return { server, url: `http://127.0.0.1:${server.addr.port}/` };
}

Deno.test("readStreams: counts clients that miss a delta", async () => {
  const { server, url } = serve(3);
  const reports: unknown[] = [];
  const target = { url, headers: {}, body: "{}" };
  const { openMs, ...done } = await readStreams({ ...target, clients: 10, text: "xxx" }, (all) => {
    reports.push(all);
  });
  assertEquals(done, { completed: 5, failed: 5, deltas: 25 });
  assertEquals([reports, openMs > 0], [[{ open: 10 }], true]);
  await server.shutdown();
});

Deno.test("readStreams: reports that all are open although some clients get no delta", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: 503 }),
  );
  const { error } = console;
  const errors: unknown[] = [];
  console.error = (error: unknown) => void errors.push(error);
  try {
    const reports: unknown[] = [];
    const url = `http://127.0.0.1:${server.addr.port}/`;
    const task = { url, headers: {}, body: "{}", clients: 3, text: "x" };
    const done = await readStreams(task, (all) => void reports.push(all));
    assertEquals([done.completed, done.failed, reports], [0, 3, [{ open: 0 }]]);
    assertEquals(errors.length, 1);
  } finally {
    console.error = error;
    await server.shutdown();
  }
});

Deno.test("disconnect: counts clients whose response ended before", async () => {
  let aborted = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (new URL(request.url).pathname === "/short") return new Response("no delta here");
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("event: delta\n")),
      cancel: () => void aborted++,
    });
    return new Response(body);
  });
  const task = { headers: { connection: "close" }, body: "{}", concurrency: 3, afterMs: 1 };
  const url = `http://127.0.0.1:${server.addr.port}`;
  const all = await disconnect({ ...task, url: `${url}/long`, clients: 7, streamed: true });
  assertEquals(all, { disconnected: 7, failed: 0 });
  const none = await disconnect({ ...task, url: `${url}/short`, clients: 2, streamed: true });
  assertEquals(none, { disconnected: 0, failed: 2 });
  while (aborted < 7) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.shutdown();
});
