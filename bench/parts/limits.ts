import { logNormalMean } from "../measure/log_normal.ts";
import { isMeasured, measure } from "../measure/measure.ts";
import { startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import { versionsOf } from "../peers/versions.ts";
import { count, percent, type Row } from "../report/table.ts";

const LATENCY = { p50: 200, p99: 800 };
const MEAN_MS = logNormalMean(LATENCY);

/** The maximum number of calls in flight per client: more than any of the limits allows. */
const CONCURRENCY = 200;
const PER_MINUTE = 3_000;
const CONCURRENT_REQUESTS = 50;
const TIMEOUT_MS = 180_000;

/** A server with a limit. */
interface Scenario {
  readonly title: string;
  readonly n: number;
  readonly limits: { readonly requestsPerMinute?: number; readonly concurrency?: number };
  /** Whether the limit is used up when the clients start. */
  readonly limitsUsedUp: boolean;
  /** The same limit as options of p-queue. */
  readonly queueOptions: { readonly intervalCap?: number; readonly interval?: number };
  /** Returns the minimum time for `n` calls, in milliseconds. */
  readonly ideal: (n: number) => number;
}

const CLIENTS = {
  "Shoal": ["cases/limits.ts", "shoal"],
  "Shoal, adaptive": ["cases/limits.ts", "adaptive"],
  "Shoal, limit as an option": ["cases/limits.ts", "known"],
  "LangChain.js batch": ["peers/limits.ts", "langchain"],
  "AI SDK + p-limit": ["peers/limits.ts", "ai"],
  "openai SDK + p-queue, limit as an option": ["peers/limits.ts", "sdk-queue"],
  "openai SDK + p-limit": ["peers/limits.ts", "sdk"],
} as const;

/** Calls to servers with limits, by clients with and without the limit as an option. */
export async function* limits({ quick }: Effort): AsyncGenerator<Finding> {
  for (const scenario of scenarios(quick)) {
    const { title, n, ideal } = scenario;
    const rows: Row[] = [];
    for (const [client, [file, name]] of Object.entries(CLIENTS)) {
      rows.push({ client, ...await measureClient(file, name, scenario) });
    }
    const calls = `${count(n)} calls, ${CONCURRENCY} in flight`;
    const minimum = `ideal ${(ideal(n) / 1000).toFixed(1)} s`;
    yield {
      table: {
        title: `Limits: ${calls}, to a server that allows ${title} (${minimum})`,
        rows,
        notes: await loadNotes(),
      },
    };
  }
}

function scenarios(quick: boolean): Scenario[] {
  const perMs = PER_MINUTE / 60_000;
  const rates = { limits: { requestsPerMinute: PER_MINUTE } };
  const steady: Scenario = {
    ...rates,
    title: `${count(PER_MINUTE)} requests per minute, used up at the start`,
    n: quick ? 300 : 1_250,
    limitsUsedUp: true,
    queueOptions: { intervalCap: PER_MINUTE / 600, interval: 100 },
    ideal: (n) => n / perMs + LATENCY.p50,
  };
  const full: Scenario = {
    ...rates,
    title: `${count(PER_MINUTE)} requests per minute, unused at the start`,
    n: PER_MINUTE + 1_000,
    limitsUsedUp: false,
    queueOptions: { intervalCap: PER_MINUTE, interval: 60_000 },
    ideal: (n) => Math.max(n * MEAN_MS / CONCURRENCY, (n - PER_MINUTE) / perMs + LATENCY.p50),
  };
  const atOnce: Scenario = {
    title: `${CONCURRENT_REQUESTS} concurrent requests`,
    n: quick ? 1_000 : 4_000,
    limits: { concurrency: CONCURRENT_REQUESTS },
    limitsUsedUp: false,
    queueOptions: {},
    ideal: (n) => n * MEAN_MS / CONCURRENT_REQUESTS,
  };
  return quick ? [steady, atOnce] : [steady, full, atOnce];
}

/** Measures one client against a server of its own. */
async function measureClient(
  file: string,
  name: string,
  { n, limits, limitsUsedUp, queueOptions, ideal }: Scenario,
): Promise<Row> {
  await using server = await startServer({ latency: LATENCY, limits });
  const options = {
    n,
    concurrency: CONCURRENCY,
    url: server.url,
    knownLimits: limits,
    queueOptions,
  };
  const outcome = await measure(file, name, options, {
    limitMs: TIMEOUT_MS,
    before: async () => {
      if (limitsUsedUp) await server.useUpLimits();
    },
  });
  const { requests, byStatus } = await server.stats();
  const rejected = byStatus[429] ?? 0;
  const m = isMeasured(outcome) ? outcome : undefined;
  const completed = m?.extra.completed;
  return {
    completed,
    failed: m?.extra.failed,
    "wall s": isMeasured(outcome) ? outcome.wallMs / 1000 : outcome.stopped,
    "× ideal": m && completed ? m.wallMs / ideal(completed) : undefined,
    requests,
    "429s": rejected,
    wasted: percent(rejected, requests),
    "CPU µs per call": m && m.cpuMs * 1000 / n,
  };
}

/** Returns the notes on how each client is configured. */
async function loadNotes(): Promise<string[]> {
  return [
    "× ideal: wall time relative to the minimum for the completed calls. One run per client, " +
    "each with a server of its own.",
    "Default retries: Shoal 3, LangChain.js 6, AI SDK 2, openai SDK 2. Every 429 has a " +
    "Retry-After header. Loading is not measured.",
    `LangChain.js: batch with maxConcurrency ${CONCURRENCY} and returnExceptions; no tracing.`,
    await versionsOf(
      "@langchain/openai",
      "ai",
      "@ai-sdk/openai-compatible",
      "openai",
      "p-limit",
      "p-queue",
    ),
  ];
}
