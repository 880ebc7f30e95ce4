/** The same calls on the event loop and in workers, with one or with many calls per worker. */
import { configure, stream } from "@shoal/agents";
import type { WorkerPool } from "@shoal/agents/workers";
import { type Case, type Cases, type Load, range, REVIEW } from "../measure/case.ts";
import { CallCounter, countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** The warm-up. */
  readonly warm: Load;
}

interface WorkerOptions extends Options {
  /** The number of workers. */
  readonly size: number;
  /** The maximum number of calls in flight per worker. */
  readonly perWorker: number;
}

/** The number of calls that do nothing, to measure the cost of a message. */
const MESSAGES = 300;

export const CASES: Cases = {
  "event-loop": async (options: Options): Promise<Case> => {
    const agents = await importAgents(options.url);
    const { warm, work } = countedCase(options, (load, counter) => callAll(agents, load, counter));
    return { warm, start: () => measureMessages(agents), work };
  },

  workers: async ({ size, perWorker, warm, ...options }: WorkerOptions): Promise<Case> => {
    // Imported here, so that it costs the event loop no memory.
    const { workers } = await import("@shoal/agents/workers");
    const agents = await importAgents(options.url);
    let pool: WorkerPool | undefined;
    const start = async (): Promise<Record<string, number>> => {
      const startedAt = performance.now();
      pool = workers({ module: moduleUrl(options.url), size, perWorker });
      await pool.ready();
      const startMs = (performance.now() - startedAt) / size;
      const { messageMicros } = await measureMessages(agents, pool);
      const counter = new CallCounter();
      await callAll(agents, warm, counter, pool);
      counter.figures(warm.n);
      return { startMs, messageMicros };
    };
    const { work } = countedCase(options, (load, counter) => callAll(agents, load, counter, pool));
    return { start, work };
  },
};

type Agents = typeof import("./modes_agents.ts");

/** Returns the URL of the agents that call the server at this URL. */
function moduleUrl(url: string): string {
  return import.meta.resolve(`./modes_agents.ts?server=${encodeURIComponent(url)}`);
}

function importAgents(url: string): Promise<Agents> {
  configure({ prices: { bench: { input: 1, output: 1 } } });
  return import(moduleUrl(url));
}

async function callAll(
  { Label }: Agents,
  { n, concurrency }: Load,
  counter: CallCounter,
  mode?: WorkerPool,
): Promise<void> {
  function* calls() {
    for (const _ of range(n)) yield [Label, { text: REVIEW }] as const;
  }
  for await (const { result } of stream(calls(), { concurrency, mode })) counter.add(result.error);
}

/** Returns the time per call of calls that do nothing, one after another. */
async function measureMessages(
  { Nothing }: Agents,
  mode?: WorkerPool,
): Promise<{ messageMicros: number }> {
  function* calls() {
    for (const _ of range(MESSAGES)) yield [Nothing, {}] as const;
  }
  const startedAt = performance.now();
  for await (const { result } of stream(calls(), { concurrency: 1, mode })) {
    if (!result.ok) throw result.error;
  }
  return { messageMicros: (performance.now() - startedAt) * 1000 / MESSAGES };
}
