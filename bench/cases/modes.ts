/** The same calls on the event loop, in a worker each, and many in each of a few workers. */
import { configure, stream } from "@shoal/agents";
import type { WorkerPool } from "@shoal/agents/workers";
import { type Case, type Cases, type Load, range, REVIEW } from "../measure/case.ts";
import { countedCase, CallCounter } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** What is done before, to be warm. */
  readonly warm: Load;
}

interface WorkerOptions extends Options {
  /** How many workers. */
  readonly size: number;
  /** How many calls each of them has in flight. */
  readonly perWorker: number;
}

/** So many calls that do nothing tell what a message costs. */
const MESSAGES = 300;

export const CASES: Cases = {
  "event-loop": async (options: Options): Promise<Case> => {
    const agents = await importAgents(options.url);
    const { warm, work } = countedCase(options, (load, tally) => callAll(agents, load, tally));
    return { warm, start: () => measureMessages(agents), work };
  },

  workers: async ({ size, perWorker, warm, ...options }: WorkerOptions): Promise<Case> => {
    // The event loop does without it.
    const { workers } = await import("@shoal/agents/workers");
    const agents = await importAgents(options.url);
    let pool: WorkerPool | undefined;
    const start = async (): Promise<Record<string, number>> => {
      const began = performance.now();
      pool = workers({ module: moduleUrl(options.url), size, perWorker });
      await pool.ready();
      const startMs = (performance.now() - began) / size;
      const { messageMicros } = await measureMessages(agents, pool);
      const tally = new CallCounter();
      await callAll(agents, warm, tally, pool);
      tally.figures(warm.n);
      return { startMs, messageMicros };
    };
    const { work } = countedCase(options, (load, tally) => callAll(agents, load, tally, pool));
    return { start, work };
  },
};

type Agents = typeof import("./modes_agents.ts");

/** Where the agents are that ask this server. */
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
  tally: CallCounter,
  mode?: WorkerPool,
): Promise<void> {
  function* calls() {
    for (const _ of range(n)) yield [Label, { text: REVIEW }] as const;
  }
  for await (const { result } of stream(calls(), { concurrency, mode })) tally.add(result.error);
}

/** What a call takes that does nothing, one after another. */
async function measureMessages(
  { Nothing }: Agents,
  mode?: WorkerPool,
): Promise<{ messageMicros: number }> {
  function* calls() {
    for (const _ of range(MESSAGES)) yield [Nothing, {}] as const;
  }
  const began = performance.now();
  for await (const { result } of stream(calls(), { concurrency: 1, mode })) {
    if (!result.ok) throw result.error;
  }
  return { messageMicros: (performance.now() - began) * 1000 / MESSAGES };
}
