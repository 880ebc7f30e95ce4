import { serve as serveByNode } from "@hono/node-server";
import {
  type Callable,
  defineAgent,
  type Provider,
  ProviderError,
  type ProviderOptions,
} from "@shoal/agents";
import { type AgentRoutes, agentRoutes, type AgentRoutesOptions } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { delay } from "@std/async/delay";
import { EventSourceParserStream } from "eventsource-parser/stream";

export { delay };

/** The token that the tests use. */
export const TOKEN = "s3cret";

/** An agent that answers with its message after `latency` milliseconds. */
export function echo(name = "echo", latency: number | (() => number) = 0) {
  const provider = scripted((request) => String(request.messages.at(-1)!.content), { latency });
  const agent = defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
  return { agent, provider };
}

// The first call loads the list of prices, whose resources must not count for a test.
await echo().agent.call({ text: "" });

/** An agent whose provider never answers and records when it is aborted. */
export function hanging(name = "hanging") {
  const aborted: number[] = [];
  let calls = 0;
  const wait = ({ signal }: ProviderOptions): Promise<never> =>
    new Promise((_, reject) => {
      calls++;
      signal.addEventListener("abort", () => {
        aborted.push(performance.now());
        reject(signal.reason);
      });
    });
  const provider: Provider = {
    name: "hanging",
    generate: (_request, options) => wait(options),
    async *stream(_request, options) {
      yield await wait(options);
    },
  };
  const agent = defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
  return {
    agent,
    aborted,
    get calls() {
      return calls;
    },
  };
}

/** An agent that streams `pieces` deltas with a pause of `pause` milliseconds before each. */
export function streaming(name = "streaming", pieces = 5, pause = 0) {
  const provider: Provider = {
    name: "streaming",
    generate: () => Promise.resolve({ text: "x ".repeat(pieces), finishReason: "stop" }),
    async *stream(_request, { signal }) {
      for (let i = 0; i < pieces; i++) {
        if (pause > 0) await delay(pause, { signal });
        yield { type: "delta", text: "x " };
      }
      yield { type: "reply", reply: { text: "x ".repeat(pieces), finishReason: "stop" } };
    },
  };
  return defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
}

/** An agent whose stream fails after the first delta, with an error that must stay secret. */
export function failingMidStream(name = "failing") {
  const provider: Provider = {
    name: "failing",
    generate: () => Promise.reject(new Error("unused")),
    async *stream() {
      yield { type: "delta", text: "so far" };
      await delay(1);
      throw new ProviderError("the key sk-1", { code: "network", retryable: true });
    },
  };
  return defineAgent({ name, model: "m", prompt: "{text}", provider, retries: 0 });
}

/** Creates routes with the token of the tests. */
export function routes(
  agents: readonly Callable[],
  options: Partial<AgentRoutesOptions> = {},
): AgentRoutes {
  return agentRoutes({ agents, auth: { tokens: [TOKEN] }, ...options });
}

/** Returns the options of a request with the token; with a body, of a POST of JSON. */
export function requestInit(
  body?: unknown,
  headers: Record<string, string> = {},
): RequestInit & { headers: Record<string, string> } {
  const all = { authorization: `Bearer ${TOKEN}`, ...headers };
  if (body === undefined) return { headers: all };
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...all },
    body: JSON.stringify(body),
  };
}

/** Sends a request to the app, without a server. */
export async function request(
  app: AgentRoutes,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) {
  const response = await app.request(path, requestInit(body, headers));
  const text = await response.text();
  // deno-lint-ignore no-explicit-any -- each test reads other members
  const json: any = response.headers.get("content-type")?.includes("json") &&
      !response.headers.get("content-type")!.includes("ndjson")
    ? JSON.parse(text)
    : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

/** A server on a loopback port. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Deno.HttpServer<Deno.NetAddr>;
}

/**
 * Serves the app on a loopback port. Disposal ends even if a failed test has left calls running.
 */
export function serve(app: { fetch: AgentRoutes["fetch"] }): TestServer {
  const { signal, abort } = abortable();
  const options = { hostname: "127.0.0.1", port: 0, signal, onListen() {} };
  const server = Deno.serve(options, app.fetch);
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(abort, 10_000);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** Serves the app with Node's HTTP server on a loopback port. */
export function serveWithNode(fetch: AgentRoutes["fetch"]): Promise<Omit<TestServer, "server">> {
  return new Promise((resolve) => {
    const server = serveByNode({
      fetch,
      hostname: "127.0.0.1",
      port: 0,
      overrideGlobalObjects: false,
    }, ({ port }) => {
      resolve({
        url: `http://127.0.0.1:${port}`,
        port,
        [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });
}

/** A server-sent event with its data parsed as JSON. */
export interface ReceivedEvent {
  readonly event?: string;
  readonly id?: string;
  // deno-lint-ignore no-explicit-any -- each test reads other members
  readonly data: any;
}

/** Parses the events of a response with an independent parser. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const events = body
    .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, id, data } of events) {
    yield { event, id, data: data === "[DONE]" ? data : JSON.parse(data) };
  }
}

/** Collects all items. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Waits until the condition holds. */
export async function waitUntil(
  test: () => boolean,
  condition: string,
  timeout = 5_000,
): Promise<void> {
  const began = performance.now();
  while (!test()) {
    if (performance.now() - began > timeout) {
      throw new Error(`Not true within ${timeout} ms: ${condition}`);
    }
    await delay(5);
  }
}

/** Sends raw bytes to a server and returns the connection. */
export async function sendRaw(port: number, text: string | Uint8Array): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  return connection;
}

/** Reads the next chunk of text from a connection. */
export async function readText(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const n = await connection.read(buffer);
  return n === null ? "" : new TextDecoder().decode(buffer.subarray(0, n));
}
