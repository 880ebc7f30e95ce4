/**
 * One measurement in a process of its own: `cases.ts NAME OPTIONS` prints a line of JSON. Run by `bench/main.ts`.
 */
import { configure, defineAgent, each, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { pooledMap } from "@std/async/pool";
import OpenAI from "openai";
import pLimit from "p-limit";
import process from "node:process";
import pMap from "p-map";

interface Options {
  readonly n: number;
  readonly concurrency: number;
  readonly ms: number;
  readonly url: string;
  readonly caCert?: string;
  readonly connections?: number;
}

type Work = (options: Options) => Promise<Record<string, number> | void>;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const messages = [{
  role: "user" as const,
  content: "Label the sentiment of this review: I love it",
}];
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

const CASES: Record<string, Work> = {
  // The pool alone: the same sleep, so many at a time.
  "pool-shoal": async ({ n, concurrency, ms }) => {
    await each(range(n), () => sleep(ms), { concurrency });
  },
  "pool-p-map": async ({ n, concurrency, ms }) => {
    await pMap(range(n), () => sleep(ms), { concurrency });
  },
  "pool-p-limit": async ({ n, concurrency, ms }) => {
    const limit = pLimit(concurrency);
    await Promise.all(Array.from(range(n), () => limit(() => sleep(ms))));
  },
  "pool-pooledMap": async ({ n, concurrency, ms }) => {
    for await (const _ of pooledMap(concurrency, range(n), () => sleep(ms)));
  },

  // Calls to a server.
  "calls-shoal": async ({ n, concurrency, url, caCert, connections }) => {
    await using provider = openai({
      baseURL: url,
      apiKey: "none",
      connections,
      caCerts: caCert === undefined ? undefined : [await Deno.readTextFile(caCert)],
    });
    configure({ provider, model: "bench", prices: { bench: { input: 1, output: 1 } }, retries: 0 });
    const Label = defineAgent({
      name: "label",
      prompt: "Label the sentiment of this review: {text}",
    });
    const run = async (count: number): Promise<void> => {
      const calls = Array.from(range(count), () => [Label, { text: "I love it" }] as const);
      for await (const { result } of stream(calls, { concurrency })) {
        if (!result.ok) throw result.error;
      }
    };
    // Over TLS the handshakes are not what is measured.
    if (caCert !== undefined) await run(n);
    const began = performance.now();
    await run(n);
    return { warmMs: performance.now() - began };
  },
  "calls-sdk": async ({ n, concurrency, url }) => {
    const client = new OpenAI({ baseURL: url, apiKey: "none", maxRetries: 0 });
    const limit = pLimit(concurrency);
    await Promise.all(
      Array.from(
        range(n),
        () => limit(() => client.chat.completions.create({ model: "bench", messages })),
      ),
    );
  },
  "calls-fetch": async ({ n, concurrency, url, caCert }) => {
    const client = caCert === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [await Deno.readTextFile(caCert)] });
    const limit = pLimit(concurrency);
    const ask = async (): Promise<void> => {
      const response = await fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer none" },
        body: JSON.stringify({ model: "bench", messages }),
        client,
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      await response.json();
    };
    const run = (): Promise<void[]> => Promise.all(Array.from(range(n), () => limit(ask)));
    if (caCert !== undefined) await run();
    const began = performance.now();
    await run();
    const warmMs = performance.now() - began;
    client?.close();
    return { warmMs };
  },

  // A stream over a generator: the heap must not grow with the number of calls.
  "stream-scripted": async ({ n, concurrency }) => {
    const Echo = defineAgent({
      name: "echo",
      model: "bench",
      prompt: "{i}",
      provider: scripted("ok", { keep: 0 }),
    });
    configure({ prices: { bench: { input: 1, output: 1 } } });
    function* calls() {
      for (const i of range(n)) yield [Echo, { i }] as const;
    }
    let seen = 0;
    let early = 0;
    for await (const { result } of stream(calls(), { concurrency })) {
      if (!result.ok) throw result.error;
      if (++seen === 10_000) early = heapMB();
    }
    return { earlyMB: early, lateMB: heapMB(), seen };
  },
  // What a process costs that does nothing.
  nothing: () => Promise.resolve(),
};

function* range(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

function heapMB(): number {
  collect();
  return Deno.memoryUsage().heapUsed / 1e6;
}

function peakMB(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
  } catch {
    return Deno.memoryUsage().rss / 2 ** 20;
  }
}

if (import.meta.main) {
  const [name, options] = Deno.args;
  const work = CASES[name!]!;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const extra = await work(JSON.parse(options!));
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, peakMB: peakMB(), extra }));
  Deno.exit(0);
}
