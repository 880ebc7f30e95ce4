import { measure } from "../measure/measure.ts";
import { cpuMicros, cpuMs, extra, growthKB, Runs, wallMs } from "../measure/runs.ts";
import { startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import { versionsOf } from "../peers/versions.ts";
import { count, type Row, seconds } from "../report/table.ts";

const SHOAL = "Shoal, openai()";
const PEERS = {
  [SHOAL]: ["cases/calls.ts", "shoal"],
  "openai SDK + p-limit": ["peers/calls.ts", "sdk"],
  "Effect forEach + openai SDK": ["peers/calls.ts", "effect"],
  "LangChain.js batch": ["peers/calls.ts", "langchain"],
  "AI SDK generateText + p-limit": ["peers/calls.ts", "ai"],
  "OpenAI Agents SDK run + p-limit": ["peers/calls.ts", "agents"],
  "Mastra generate + p-limit": ["peers/calls.ts", "mastra"],
} as const;
type Peer = keyof typeof PEERS;

/** Peers that must need at least twice the CPU. */
const TWICE_AS_CHEAP: readonly Peer[] = [
  "LangChain.js batch",
  "AI SDK generateText + p-limit",
  "OpenAI Agents SDK run + p-limit",
];

interface Cell {
  readonly n: number;
  readonly concurrency: number;
  readonly ms: number;
}

/** The same calls to the same server with other libraries. */
export async function* peers({ rounds, quick }: Effort): AsyncGenerator<Finding> {
  const cells: Cell[] = quick
    ? [{ n: 1_000, concurrency: 100, ms: 0 }]
    : [{ n: 5_000, concurrency: 100, ms: 0 }, { n: 2_000, concurrency: 2_000, ms: 2_000 }];
  for (const cell of cells) yield await compare(cell, rounds);
}

async function compare(cell: Cell, rounds: number): Promise<Finding> {
  const { n, concurrency, ms } = cell;
  await using server = await startServer({ latency: 0 });
  const run = ([file, name]: readonly [string, string]) => async () => {
    await server.setLatency(0);
    const options = { n, concurrency, url: server.url, warm: { n: 500, concurrency: 50 } };
    return await measure(file, name, options, { before: () => server.setLatency(ms) });
  };
  const runs = await Runs.measure<Peer>(rounds, {
    ...Object.fromEntries(
      Object.entries(PEERS).map(([peer, at]) => [peer, run(at)]),
    ) as Record<Peer, ReturnType<typeof run>>,
  });
  const latency = ms === 0 ? "no latency" : `latency ${ms / 1000} s`;
  const where = `${count(n)} calls, ${count(concurrency)} in flight, ${latency}`;
  return {
    table: {
      title: `Peers: ${where}`,
      rows: Object.keys(PEERS).map((peer) => rowOf(peer as Peer, cell, runs)),
      notes: [
        "The same server, prompt and number of calls; no retries, no tracing; after a warm-up.",
        await versionsOf(
          "openai",
          "p-limit",
          "effect",
          "@langchain/openai",
          "ai",
          "@ai-sdk/openai-compatible",
          "@openai/agents",
          "@mastra/core",
        ),
      ],
    },
    goals: TWICE_AS_CHEAP.map((peer) => ({
      name: `${where}: CPU per call relative to ${peer}`,
      found: runs.ratio(SHOAL, peer, cpuMs),
      atMost: 0.5,
      unit: "×",
    })),
  };
}

function rowOf(peer: Peer, { n, concurrency, ms }: Cell, runs: Runs<Peer>): Row {
  return {
    client: peer,
    "CPU µs per call": runs.median(peer, cpuMicros(n)),
    "× Shoal": runs.ratio(peer, SHOAL, cpuMs),
    "wall s": runs.stopped(peer) ?? seconds(runs.median(peer, wallMs)),
    ...(ms > 0 && { "KB per call in flight": runs.median(peer, growthKB(concurrency)) }),
    failed: runs.median(peer, extra("failed")),
  };
}
