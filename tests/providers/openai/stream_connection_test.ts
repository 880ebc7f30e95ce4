import { openai } from "@shoal/agents/openai";
import { assert, assertEquals } from "@std/assert";
import { remotePort, serve } from "../../serve.ts";

/** A server whose streams end shortly after their last event. It counts connections. */
function lingering(ms: number) {
  const connections = new Set<number>();
  const encoder = new TextEncoder();
  const server = serve(
    (_, info) => {
      connections.add(remotePort(info));
      let timer: ReturnType<typeof setTimeout>;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const chunks = [
            { choices: [{ delta: { content: "hi" } }] },
            { choices: [{ delta: {}, finish_reason: "stop" }] },
          ].map((piece) => JSON.stringify(piece));
          for (const data of [...chunks, "[DONE]"]) {
            controller.enqueue(encoder.encode(`data: ${data}\n\n`));
          }
          timer = setTimeout(() => controller.close(), ms);
        },
        cancel: () => clearTimeout(timer),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  );
  return {
    connections,
    url: `${server.url}/v1`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function generateAll(url: string, times: number): Promise<string[]> {
  await using provider = openai({ baseURL: url });
  const texts: string[] = [];
  for (let i = 0; i < times; i++) {
    const { signal } = new AbortController();
    for await (
      const chunk of provider.stream({ model: "m", messages: [], settings: {} }, { signal })
    ) {
      if (chunk.type === "reply") texts.push(chunk.reply.text);
    }
  }
  return texts;
}

Deno.test("stream connection: reads streams to the end to reuse connections", async () => {
  await using server = lingering(1);
  assertEquals(await generateAll(server.url, 30), Array(30).fill("hi"));
  assert(server.connections.size <= 10, `${server.connections.size} connections`);
});

Deno.test("stream connection: does not wait for a stream that does not end", async () => {
  await using server = lingering(60_000);
  assertEquals(await generateAll(server.url, 2), ["hi", "hi"]);
});
