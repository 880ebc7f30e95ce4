/** Records and replays with the clients of Node, and prints what happened. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { recorder, type Recording, replay, simulator } from "@shoal/agents/testing";
import { chat, outcome, report, say, until } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "shoal-recording-"));
const file = (name: string) => join(folder, `${name}.jsonl`);
const read = (name: string): Recording[] =>
  readFileSync(file(name), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));

/** Posts bytes with Node's client. Returns the status and each piece of the body as it arrived. */
function post(url: string, body: Uint8Array, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; pieces: string[] }>((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers, agent: false }, (response) => {
      const pieces: string[] = [];
      response.on("data", (piece) => pieces.push(String(piece)));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode!, pieces }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

await report({
  "records and replays": async () => {
    const name = "both";
    // The tokens are far enough apart to arrive one by one on a busy machine, too.
    await using sim = simulator({ chunkSize: 1, tokensPerSecond: 20 });
    const ask = async (baseURL: string) => {
      await using provider = openai({ baseURL, apiKey: "sk-secret-secret-secret" });
      const agent = defineAgent({ name: "a", model: "m", prompt: "Say 'a b c {x}'", provider });
      const { content } = await agent.call({ x: 1 });
      const stream =
        await (await chat(baseURL, "Say 'd e f g h i j k l m n o p q r s'", { stream: true }))
          .text();
      return [content, stream.replace(/"(id|created)":("[^"]*"|\d+)/g, "")];
    };
    let first: unknown;
    {
      await using recording = recorder({ file: file(name), baseURL: sim.url });
      first = await ask(recording.url);
    }
    await using replayed = replay({ file: file(name) });
    const second = await ask(replayed.url);
    const viaFetch = await (await replay({ file: file(name) }).fetch(`${sim.url}/models`)).json();
    return [
      JSON.stringify(first) === JSON.stringify(second),
      read(name).length,
      read(name)[1]!.response!.chunks.length > 3,
      readFileSync(file(name), "utf8").includes("sk-secret"),
      replayed.unused.length,
      viaFetch.error.message.length > 0,
    ];
  },
  "passes each chunk on at once": async () => {
    await using sim = simulator({ chunkSize: 1, script: [{ type: "stall", afterChunks: 2 }] });
    const recording = recorder({ file: file("chunks"), baseURL: sim.url });
    const leaving = new AbortController();
    const response = await fetch(`${recording.url}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "m",
        stream: true,
        messages: [{ role: "user", content: "Say 'a b c d e f'" }],
      }),
      signal: leaving.signal,
    });
    const reader = response.body!.getReader();
    let text = "";
    while (text.split("data: ").length < 3) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    leaving.abort();
    await outcome(reader.read());
    await recording.close();
    await until(() => sim.stats.aborted === 1);
    const [exchange] = read("chunks");
    return [text.split("data: ").length, exchange!.aborted, exchange!.error];
  },
  "a client that leaves before the headers": async () => {
    await using sim = simulator({ latency: 60_000 });
    const recording = recorder({ file: file("leaving"), baseURL: sim.url });
    const leaving = new AbortController();
    const call = outcome(fetch(`${recording.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }] }),
      signal: leaving.signal,
    }));
    await until(() => sim.stats.inFlight === 1);
    leaving.abort();
    await call;
    await until(() => sim.stats.aborted === 1);
    await recording.close();
    const [exchange] = read("leaving");
    return [exchange!.aborted, exchange!.response === undefined, exchange!.error];
  },
  "a connection that breaks": async () => {
    await using sim = simulator({ script: ["resetBody", "reset"] });
    await using recording = recorder({ file: file("broken"), baseURL: sim.url });
    const half = await outcome(chat(recording.url, "x").then((response) => response.text()));
    const none = await chat(recording.url, "x");
    const { error } = await none.json();
    const recorded = read("broken");
    return [
      half,
      none.status,
      error.type,
      recorded.map(({ error, aborted }) => [typeof error, aborted]),
    ];
  },
  "a server that is not there": async () => {
    const sim = simulator();
    await sim.close();
    await using recording = recorder({ file: file("absent"), baseURL: sim.url });
    const { error } = await (await chat(recording.url, "x")).json();
    return [error.type, /refused/i.test(error.message) || error.message];
  },
  "bytes, headers and statuses": async () => {
    const received: unknown[] = [];
    const server = createServer(async (request, response) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of request) pieces.push(piece);
      const bytes = pieces.flatMap((piece) => [...piece]);
      received.push([request.method, request.url, bytes, request.headers["x-mine"]]);
      response.writeHead(request.method === "DELETE" ? 204 : 201, {
        "set-cookie": ["a=1", "b=2"],
        "x-theirs": "yes",
        location: "/elsewhere",
      });
      response.end(request.method === "POST" ? new Uint8Array([255, 0, 1]) : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const found: unknown[] = [];
    {
      const baseURL = `http://127.0.0.1:${port}/base/v2?api-version=1`;
      await using recording = recorder({ file: file("bytes"), baseURL, redact: false });
      const bytes = new Uint8Array([0, 200, 13, 10, 255]);
      for (const method of ["POST", "GET", "DELETE"]) {
        const response = await fetch(`${recording.url}/files/a%20b?x=1`, {
          method,
          headers: { "x-mine": "1" },
          body: method === "POST" ? bytes : undefined,
        });
        const { status, headers } = response;
        found.push([
          status,
          headers.getSetCookie(),
          headers.get("x-theirs"),
          headers.get("location"),
          [...new Uint8Array(await response.arrayBuffer())],
        ]);
      }
      const expecting = await post(`${recording.url}/files`, bytes, { expect: "100-continue" });
      found.push(expecting.status);
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return [received, found];
  },
  "a port that is taken": async () => {
    await using sim = simulator();
    try {
      recorder({ file: file("taken"), baseURL: sim.url, port: sim.port });
      return "started";
    } catch (thrown) {
      return (thrown as { code?: string }).code;
    }
  },
  "close waits for answers, not for idle connections": async () => {
    await using sim = simulator({ latency: 200 });
    const recording = recorder({ file: file("closing"), baseURL: sim.url });
    await say(recording.url, "Say 'first'");
    const last = say(recording.url, "Say 'last'");
    await until(() => sim.stats.inFlight === 1);
    await recording.close();
    return [await last, read("closing").length];
  },
  "close does not wait for connections that have sent nothing": async () => {
    await using sim = simulator();
    const recording = recorder({ file: file("silent"), baseURL: sim.url });
    const socket = connect(Number(new URL(recording.url).port), "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((resolve) => socket.on("connect", resolve));
    const text = await say(recording.url, "Say 'x'");
    await recording.close();
    // Bun leaves it open.
    socket.destroy();
    return text;
  },
  "200 requests at once": async () => {
    await using sim = simulator({ latency: 100 });
    await using recording = recorder({ file: file("many"), baseURL: sim.url });
    const texts = await Promise.all(
      Array.from({ length: 200 }, (_, i) => say(recording.url, `Say '${i}'`)),
    );
    return texts.every((text, i) => text === String(i));
  },
});
rmSync(folder, { recursive: true });
