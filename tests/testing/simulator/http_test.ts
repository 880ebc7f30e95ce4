/** Raw HTTP/1.1: requests that other clients than fetch may send. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { until } from "./client.ts";
import { connect } from "../../sockets.ts";

const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Say 'größer'" }] });
const length = new TextEncoder().encode(body).length;
const post = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n";

/** Sends the parts with short pauses, and reads to the end, or until the test is satisfied. */
async function talk(port: number, pieces: string[], enough = /$./): Promise<string> {
  using conn = await connect(port);
  const sending = (async () => {
    for (const piece of pieces) {
      await conn.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  })();
  let text = "";
  const decoder = new TextDecoder();
  while (!enough.test(text)) {
    const bytes = await conn.read();
    if (bytes === undefined) break;
    text += decoder.decode(bytes, { stream: true });
  }
  await sending;
  return text;
}

Deno.test("a request may arrive in parts and close its connection", async () => {
  await using sim = simulator();
  const request = `${post}Connection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;
  const answer = await talk(sim.port, [
    request.slice(0, 20),
    request.slice(20, 100),
    request.slice(100),
  ]);
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assertMatch(answer, /connection: close/);
  assertMatch(answer, /"content":"größer"/);
});

Deno.test("a chunked body may be split anywhere", async () => {
  await using sim = simulator();
  const bytes = (text: string) => new TextEncoder().encode(text).length.toString(16);
  const [a, b] = [body.slice(0, 30), body.slice(30)];
  const chunks = `${bytes(a)};x=y\r\n${a}\r\n${bytes(b)}\r\n${b}\r\n0\r\nTrailer: 1\r\n\r\n`;
  const request = `${post}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
  for (const cut of [post.length + 60, request.length - 20, request.length - 1]) {
    const answer = await talk(sim.port, [request.slice(0, cut), request.slice(cut)]);
    assertMatch(answer, /"content":"größer"/);
  }
});

Deno.test("requests may be pipelined", async () => {
  await using sim = simulator({ latency: 20 });
  const one = `${post}Content-Length: ${length}\r\n\r\n${body}`;
  const answer = await talk(
    sim.port,
    [one + one + one.slice(0, 50), one.slice(50)],
    /(größer[^]*){3}$/,
  );
  assertEquals(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 3);
  await until(() => sim.stats.inFlight === 0);
  assertEquals(sim.stats.connections, 1);
  assertEquals(sim.stats.peakInFlight, 1);
});

Deno.test("a large body is read completely", async () => {
  await using sim = simulator({ respond: (request) => String(request.text.length) });
  const messages = [{ role: "user", content: "x".repeat(3_000_000) }];
  const response = await fetch(`${sim.url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages }),
  });
  assertEquals((await response.json()).choices[0].message.content, "3000000");
});

Deno.test("Expect: 100-continue is answered", async () => {
  await using sim = simulator();
  const head =
    `${post}Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  assertMatch(await talk(sim.port, [head, body]), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
});

Deno.test("HTTP/1.0 gets the answer, and the connection closes", async () => {
  await using sim = simulator();
  const answer = await talk(sim.port, ["GET /v1/models HTTP/1.0\r\n\r\n"]);
  assertMatch(answer, /gpt-5-mini/);
});

Deno.test("a connection without HTTP is closed, and others go on", async () => {
  await using sim = simulator();
  for (const nonsense of ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", `${post}Content-Length: -1\r\n\r\n`]) {
    assertEquals(await talk(sim.port, [nonsense]), "");
  }
  assert((await fetch(`${sim.url}/models`).then((r) => r.text())).includes("gpt-5-mini"));
});
