import { logNormalMean } from "../measure/log_normal.ts";
import { isMeasured, measure } from "../measure/measure.ts";
import { startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import { versionsOf } from "../peers/versions.ts";
import { count, percent, type Row } from "../report/table.ts";

const LATENCY = { p50: 200, p99: 800 };
const MEAN_MS = logNormalMean(LATENCY);

/** How many calls a client may have in flight: more than any of the limits lets through. */
const CONCURRENCY = 200;
const PER_MINUTE = 3_000;
const AT_ONCE = 50;
const TIMEOUT_MS = 180_000;

/** A server with a limit, and what clients are told of it. */
interface Scenario {
  readonly title: string;
  readonly n: number;
  readonly limits: { readonly requestsPerMinute?: number; readonly concurrency?: number };
  /** Are its limits used up when the clients begin? */
  readonly limitsUsedUp: boolean;
  /** The limit in the words of p-queue. */
  readonly queueOptions: { readonly intervalCap?: number; readonly interval?: number };
  /** How long it takes at least until so many calls are answered, in milliseconds. */
  readonly ideal: (n: number) => number;
}

const CLIENTS = {
  "Shoal": ["cases/limits.ts", "shoal"],
  "Shoal, adaptive": ["cases/limits.ts", "adaptive"],
  "Shoal, told the limit": ["cases/limits.ts", "known"],
  "LangChain.js batch": ["peers/limits.ts", "langchain"],
  "AI SDK + p-limit": ["peers/limits.ts", "ai"],
  "openai SDK + p-queue, told the limit": ["peers/limits.ts", "sdk-queue"],
  "openai SDK + p-limit": ["peers/limits.ts", "sdk"],
} as const;

/** Calls to a server that refuses what is above its limits, by clients that do not know them and by some that do. */
export async function* limits({ quick }: Effort): AsyncGenerator<Finding> {
  for (const scenario of scenarios(quick)) {
    const { title, n, ideal } = scenario;
    const rows: Row[] = [];
    for (const [client, [file, name]] of Object.entries(CLIENTS)) {
      rows.push({ client, ...await measureClient(file, name, scenario) });
    }
    const who = `${count(n)} calls, ${CONCURRENCY} at a time`;
    const least = `ideal ${(ideal(n) / 1000).toFixed(1)} s`;
    yield {
      table: {
        title: `${who}, to a server that allows ${title} (${least})`,
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
    title: `${count(PER_MINUTE)} requests a minute, as in the middle of a long run`,
    n: quick ? 300 : 1_250,
    limitsUsedUp: true,
    queueOptions: { intervalCap: PER_MINUTE / 600, interval: 100 },
    ideal: (n) => n / perMs + LATENCY.p50,
  };
  const full: Scenario = {
    ...rates,
    title: `${count(PER_MINUTE)} requests a minute, all of them at once`,
    n: PER_MINUTE + 1_000,
    limitsUsedUp: false,
    queueOptions: { intervalCap: PER_MINUTE, interval: 60_000 },
    ideal: (n) => Math.max(n * MEAN_MS / CONCURRENCY, (n - PER_MINUTE) / perMs + LATENCY.p50),
  };
  const atOnce: Scenario = {
    title: `${AT_ONCE} requests at once`,
    n: quick ? 1_000 : 4_000,
    limits: { concurrency: AT_ONCE },
    limitsUsedUp: false,
    queueOptions: {},
    ideal: (n) => n * MEAN_MS / AT_ONCE,
  };
  return quick ? [steady, atOnce] : [steady, full, atOnce];
}

/** One client against a server of its own. */
async function measureClient(
  file: string,
  name: string,
  { n, limits, limitsUsedUp: empty, queueOptions: queue, ideal }: Scenario,
): Promise<Row> {
  await using server = await startServer({ latency: LATENCY, limits });
  const options = { n, concurrency: CONCURRENCY, url: server.url, known: limits, queue };
  const outcome = await measure(file, name, options, {
    limitMs: TIMEOUT_MS,
    before: async () => {
      if (empty) await server.useUpLimits();
    },
  });
  const { requests, byStatus } = await server.stats();
  const refused = byStatus[429] ?? 0;
  const m = isMeasured(outcome) ? outcome : undefined;
  const completed = m?.extra.completed;
  return {
    completed,
    failed: m?.extra.failed,
    "wall s": isMeasured(outcome) ? outcome.wallMs / 1000 : outcome.stopped,
    "× ideal": m && completed ? m.wallMs / ideal(completed) : undefined,
    requests,
    "429s": refused,
    wasted: percent(refused, requests),
    "CPU µs per call": m && m.cpuMs * 1000 / n,
  };
}

/** How each client was set up. */
async function loadNotes(): Promise<string[]> {
  return [
    "× ideal: the wall time beside the least that as many calls as were completed would take. One run each; a server of its own.",
    "Retries as they come: Shoal 3, LangChain.js 6, AI SDK 2, openai SDK 2. All are told with a 429 when to come back; loading is not measured.",
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
