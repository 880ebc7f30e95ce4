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
import { serve as serveHttp, type TestServer } from "../serve.ts";
import { connect, type Connection } from "../sockets.ts";

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

export type { TestServer };

/**
 * Serves the app on a loopback port. Disposal ends even if a failed test has left calls running.
 */
export function serve(app: { fetch: AgentRoutes["fetch"] }): TestServer {
  return serveHttp((request, info) => app.fetch(request, info));
}

/** Serves the app with Node's HTTP server on a loopback port. */
export function serveWithNode(fetch: AgentRoutes["fetch"]): Promise<TestServer> {
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
export async function sendRaw(port: number, text: string | Uint8Array): Promise<Connection> {
  const connection = await connect(port);
  await connection.write(text);
  return connection;
}

/** Reads the next chunk of text from a connection. */
export function readText(connection: Connection): Promise<string> {
  return connection.readText();
}
