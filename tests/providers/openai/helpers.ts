/** Helpers for the tests of the OpenAI provider: a provider with a simulator, and mock servers. */
import type { Message, ModelChunk, ModelReply, ModelRequest, Provider } from "@shoal/agents";
import { ProviderError } from "@shoal/agents";
import { openai, type OpenAIOptions, type OpenAIProvider } from "@shoal/agents/openai";
import {
  type Simulator,
  simulator,
  type SimulatorFaultDetails,
  type SimulatorOptions,
} from "@shoal/agents/testing";
import { assertRejects } from "@std/assert";
import { readFileSync } from "node:fs";
import { serve as serveHttp } from "../../serve.ts";
import { type Connection, listen as listenOnSockets } from "../../sockets.ts";

const pem = (name: string) =>
  readFileSync(new URL(`../../testing/certs/${name}`, import.meta.url), "utf8");

/** The HTTPS options of a simulator. A provider must trust the certificate. */
export const tls = { cert: pem("localhost.crt.pem"), key: pem("localhost.key.pem") };

/** A request with one message. */
export function request(
  text: string | Message["content"] = "Hello",
  more: Partial<ModelRequest> = {},
): ModelRequest {
  return { model: "m", messages: [{ role: "user", content: text }], settings: {}, ...more };
}

/** A signal that never aborts. */
export const neverAborts = (): AbortSignal => new AbortController().signal;

/** A provider and its simulator. */
export interface Pair extends AsyncDisposable {
  readonly sim: Simulator;
  readonly provider: OpenAIProvider;
  generate(request?: ModelRequest): Promise<ModelReply>;
  stream(request?: ModelRequest): Promise<Streamed>;
  /** Returns the error of a complete response. */
  error(request?: ModelRequest): Promise<ProviderError>;
  /** Returns the error of a streamed response. */
  streamError(request?: ModelRequest): Promise<ProviderError>;
}

/** Starts a simulator and a provider. */
export function startPair(behaviour: SimulatorOptions = {}, options: OpenAIOptions = {}): Pair {
  const sim = simulator(behaviour);
  const caCerts = behaviour.tls && [tls.cert];
  const provider = openai({ baseURL: sim.url, caCerts, ...options });
  const generate = (what = request()) => provider.generate(what, { signal: neverAborts() });
  const stream = (what = request()) => read(provider.stream(what, { signal: neverAborts() }));
  return {
    sim,
    provider,
    generate,
    stream,
    error: (what) => assertRejects(() => generate(what), ProviderError),
    streamError: (what) => assertRejects(() => stream(what), ProviderError),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await sim.close();
    },
  };
}

/** A server that sends this response to every request. */
export function respondWith(
  body: unknown,
  more: Omit<SimulatorFaultDetails, "type"> = {},
  options: OpenAIOptions = {},
): Pair {
  const script = () => ({ type: "status", status: 200, body, ...more }) as const;
  return startPair({ script, keepAlive: true }, options);
}

/** A server that streams these events. A string is sent unchanged, anything else as JSON. */
export function streamOf(...events: unknown[]): Pair {
  const body = events.map((e) => typeof e === "string" ? e : `data: ${JSON.stringify(e)}\n\n`);
  return respondWith(body.join(""), { headers: { "content-type": "text/event-stream" } });
}

/** The last event of a stream. */
export const DONE = "data: [DONE]\n\n";

/** An event with a delta. */
export function chunk(content: unknown, finish_reason: string | null = null): unknown {
  return { choices: [{ index: 0, delta: { content }, finish_reason }] };
}

/** A complete response with this choice. */
export function completion(choice: Record<string, unknown>, usage?: unknown): unknown {
  return { object: "chat.completion", choices: [{ index: 0, ...choice }], usage };
}

/** The contents of a stream. */
export interface Streamed {
  readonly deltas: readonly string[];
  readonly text: string;
  readonly reply: ModelReply;
  /** All chunks before the reply, in short: `a text`, `(reasoning)` or `…` for progress. */
  readonly signs: readonly string[];
}

function signOf(chunk: ModelChunk): string {
  if (chunk.type === "delta") return chunk.text;
  return chunk.type === "reasoning" ? `(${chunk.text})` : "…";
}

/** Reads a stream to its end, which must be a reply. */
export async function read(chunks: AsyncIterable<ModelChunk>): Promise<Streamed> {
  const all = await Array.fromAsync(chunks);
  const last = all.pop();
  if (last?.type !== "reply") throw new Error(`The stream ended with ${last?.type}`);
  if (all.some(({ type }) => type === "reply")) throw new Error("There are two replies");
  const deltas = all.flatMap((chunk) => chunk.type === "delta" ? [chunk.text] : []);
  return { deltas, text: deltas.join(""), reply: last.reply, signs: all.map(signOf) };
}

/** Reads the first chunk of a stream, and stops. */
export async function first(provider: Provider, signal: AbortSignal): Promise<string> {
  for await (const chunk of provider.stream(request(), { signal })) {
    if (chunk.type === "delta") return chunk.text;
  }
  throw new Error("There was no piece");
}

/** A hand-made server. */
export interface Served extends AsyncDisposable {
  readonly url: string;
}

/** A server that speaks correct HTTP. */
export function serve(handler: (request: Request) => Response | Promise<Response>): Served {
  const server = serveHttp(handler);
  return {
    url: `${server.url}/v1`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A server on bare connections, all of which are closed at the end. */
export function listen(handler: (conn: Connection) => unknown): Served & { readonly port: number } {
  const server = listenOnSockets(handler);
  const { port } = server;
  return {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Waits until a condition is true. */
export async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000 && !test(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!test()) throw new Error(`It did not happen within 10 s: ${what}`);
}
