import { logNormalMean } from "../latency.ts";
import { measure } from "../measure.ts";
import type { Effort } from "../part.ts";
import { startServer } from "../servers.ts";
import { count, percent, ratio, round, seconds, type Table } from "../table.ts";

const LATENCY = { p50: 200, p99: 800 };
const MEAN_MS = logNormalMean(LATENCY);

/** How many calls a client may have in flight: more than any of the limits lets through. */
const CONCURRENCY = 200;
const PER_MINUTE = 3_000;
const AT_ONCE = 50;
const LONGEST_MS = 180_000;

/** A server with a limit, and what clients are told of it. */
interface Scenario {
  readonly title: string;
  readonly n: number;
  readonly limits: { readonly requestsPerMinute?: number; readonly concurrency?: number };
  /** Are its limits used up when the clients begin? */
  readonly empty: boolean;
  /** The limit in the words of p-queue. */
  readonly queue: { readonly intervalCap?: number; readonly interval?: number };
  /** How long it takes at least until so many calls are answered, in milliseconds. */
  readonly ideal: (n: number) => number;
}

const CLIENTS = {
  "shoal": "limits-shoal",
  "shoal, adaptive": "limits-shoal-adaptive",
  "shoal, told the limit": "limits-shoal-known",
  "LangChain.js batch": "limits-langchain",
  "AI SDK + p-limit": "limits-ai",
  "openai SDK + p-queue, told the limit": "limits-sdk-queue",
  "openai SDK + p-limit": "limits-sdk",
};

/** Calls to a server that refuses what is above its limits, by clients that do not know them and by some that do. */
export async function* limits({ quick }: Effort): AsyncGenerator<Table> {
  for (const scenario of scenarios(quick)) {
    const { title, n, ideal } = scenario;
    const rows = [];
    for (const [client, name] of Object.entries(CLIENTS)) {
      rows.push({ client, ...await run(name, scenario) });
    }
    yield {
      title: `${
        count(n)
      } calls, ${CONCURRENCY} at a time, to a server that allows ${title} (ideal ${
        (ideal(n) / 1000).toFixed(1)
      } s)`,
      rows,
      note: await notes(),
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
    empty: true,
    queue: { intervalCap: PER_MINUTE / 600, interval: 100 },
    ideal: (n) => n / perMs + LATENCY.p50,
  };
  const full: Scenario = {
    ...rates,
    title: `${count(PER_MINUTE)} requests a minute, all of them at once`,
    n: PER_MINUTE + 1_000,
    empty: false,
    queue: { intervalCap: PER_MINUTE, interval: 60_000 },
    ideal: (n) => Math.max(n * MEAN_MS / CONCURRENCY, (n - PER_MINUTE) / perMs + LATENCY.p50),
  };
  const atOnce: Scenario = {
    title: `${AT_ONCE} requests at once`,
    n: quick ? 1_000 : 4_000,
    limits: { concurrency: AT_ONCE },
    empty: false,
    queue: {},
    ideal: (n) => n * MEAN_MS / AT_ONCE,
  };
  return quick ? [steady, atOnce] : [steady, full, atOnce];
}

/** One client against a server of its own. */
async function run(
  name: string,
  { n, limits, empty, queue, ideal }: Scenario,
): Promise<Record<string, string | number>> {
  await using server = await startServer({ latency: LATENCY, limits });
  const options = { n, concurrency: CONCURRENCY, url: server.url, known: limits, queue };
  const m = await measure(name, options, {
    limitMs: LONGEST_MS,
    before: async () => {
      if (empty) await server.empty();
    },
  });
  const { requests, byStatus } = await server.stats();
  const refused = byStatus[429] ?? 0;
  const completed = m?.extra?.completed;
  return {
    completed: round(completed),
    failed: round(m?.extra?.failed),
    "wall s": m === undefined ? `> ${LONGEST_MS / 1000}, stopped` : seconds(m),
    "× ideal": ratio(m?.wallMs, completed && ideal(completed)),
    requests: count(requests),
    "429s": count(refused),
    wasted: percent(refused, requests),
    "CPU µs per call": round(m && m.cpuMs * 1000 / n),
  };
}

/** How each client was set up. */
async function notes(): Promise<string[]> {
  const lock = await Deno.readTextFile(new URL("../../deno.lock", import.meta.url));
  const resolved = Object.entries<string>(JSON.parse(lock).specifiers);
  const version = (name: string): string => {
    const [, found] = resolved.find(([specifier]) => specifier.startsWith(`npm:${name}@`))!;
    return `${name} ${found.split("_")[0]}`;
  };
  const peers = [
    "@langchain/openai",
    "ai",
    "@ai-sdk/openai-compatible",
    "openai",
    "p-limit",
    "p-queue",
  ];
  return [
    "× ideal: the wall time beside the least that as many calls as were completed would take. One run each; a server of its own.",
    "Retries as they come: shoal 3, LangChain.js 6, AI SDK 2, openai SDK 2. All are told with a 429 when to come back; loading is not measured.",
    `LangChain.js: batch with maxConcurrency ${CONCURRENCY} and returnExceptions; no tracing.`,
    peers.map(version).join(", "),
  ];
}
