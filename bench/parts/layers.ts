import { measure, type Outcome } from "../measure/measure.ts";
import { cpuMicros, cpuMs, extra, type Figure, Runs, wallMs } from "../measure/runs.ts";
import { type Server, startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import type { BarChart } from "../report/chart.ts";
import { count, type Row, seconds } from "../report/table.ts";

const IN_FLIGHT = 1_000;
const SLEEP_MS = 50;
const CONCURRENCY = 100;
/** The number of words of a streamed answer. */
const WORDS = 40;

const CLIENTS = {
  "bare fetch + pool": "fetch",
  "bare SDK + p-limit": "sdk",
  "Shoal, openai()": "shoal",
} as const;
type Client = keyof typeof CLIENTS;

/** The cost of each layer between a promise and an answer, with servers without latency. */
export async function* layers(effort: Effort): AsyncGenerator<Finding> {
  const own = await ownCost(effort);
  yield own.finding;
  const plain = await httpCost(effort, "plain");
  yield plain.finding;
  const streamed = await httpCost(effort, "streamed");
  yield {
    ...streamed.finding,
    charts: [chartOf([...own.bars, ...plain.bars, ...streamed.bars])],
  };
}

interface LayerFinding {
  readonly finding: Finding;
  readonly bars: BarChart["bars"];
}

/** Compares Shoal with a scripted model that sleeps, and the sleep alone. */
async function ownCost({ rounds }: Effort): Promise<LayerFinding> {
  const n = 60_000;
  const options = { n, concurrency: IN_FLIGHT, ms: SLEEP_MS, wave: true };
  const run = (name: string) => () => measure("cases/scripted.ts", name, options);
  const runs = await Runs.measure(rounds, { bare: run("bare"), shoal: run("shoal") });
  const live: Figure = ({ extra }) => extra.liveMB! * 1024 / IN_FLIGHT;
  const row = (client: string, name: "bare" | "shoal"): Row => ({
    client,
    "wall s": seconds(runs.median(name, wallMs)),
    "CPU µs per call": runs.median(name, cpuMicros(n)),
    "KB per call in flight": runs.median(name, live),
    failed: runs.median(name, extra("failed")),
  });
  const ownMicros = runs.difference("shoal", "bare", cpuMicros(n));
  const ownKB = runs.difference("shoal", "bare", live);
  const where = `${count(IN_FLIGHT)} in flight`;
  return {
    finding: {
      table: {
        title: `Own cost: ${count(n)} sleeps of ${SLEEP_MS} ms, ${count(IN_FLIGHT)} in flight`,
        rows: [
          row("promise pool, sleep only", "bare"),
          row("Shoal, scripted()", "shoal"),
          {
            client: "difference",
            "wall s": undefined,
            "CPU µs per call": ownMicros,
            "KB per call in flight": ownKB,
            failed: undefined,
          },
        ],
        notes: [
          "KB per call in flight: growth of the live heap when all calls are in flight, after a " +
          "garbage collection. (RSS is too coarse.)",
        ],
      },
      goals: [
        { name: `Shoal alone: CPU per call, ${where}`, found: ownMicros, atMost: 10, unit: "µs" },
        { name: `Shoal alone: memory per call, ${where}`, found: ownKB, atMost: 3, unit: "KB" },
      ],
    },
    bars: barsOf([["Shoal alone (scripted)", ownMicros]]),
  };
}

/** Compares clients over HTTP with a server without latency. */
async function httpCost(
  { rounds, quick }: Effort,
  mode: "plain" | "streamed",
): Promise<LayerFinding> {
  const streamed = mode === "streamed";
  const n = (quick ? 3_000 : 4_000) / (streamed ? 2 : 1);
  await using server = await startServer({ latency: 0, words: streamed ? WORDS : undefined });
  const runs = await Runs.measure(rounds, clientRuns(server, n, streamed));
  const rows = Object.keys(CLIENTS).map((client) => rowOf(client as Client, runs, n));
  const goal = (other: Client, atMost: number) => ({
    name: `openai(): CPU per call relative to ${other}`,
    found: runs.ratio("Shoal, openai()", other, cpuMs),
    atMost,
    unit: "×",
  });
  const kind = streamed ? `streamed answers of ${WORDS} words` : "answers";
  return {
    finding: {
      table: {
        title: `Layers: ${count(n)} ${kind}, ${CONCURRENCY} in flight, server without latency`,
        rows,
      },
      goals: streamed ? [] : [goal("bare SDK + p-limit", 0.75), goal("bare fetch + pool", 1.5)],
    },
    bars: barsOf(
      Object.keys(CLIENTS).map((client) => [
        `${client}${streamed ? ", streamed" : ""}`,
        runs.median(client as Client, cpuMicros(n)),
      ]),
    ),
  };
}

function clientRuns(
  { url }: Server,
  n: number,
  streamed: boolean,
): Record<Client, () => Promise<Outcome>> {
  const options = {
    n,
    concurrency: CONCURRENCY,
    url,
    streamed,
    warm: { n: Math.ceil(n / 2), concurrency: CONCURRENCY },
  };
  const run = ([client, name]: [string, string]) =>
    [client, () => measure("cases/calls.ts", name, options)] as const;
  return Object.fromEntries(Object.entries(CLIENTS).map(run)) as Record<
    Client,
    () => Promise<Outcome>
  >;
}

function rowOf(client: Client, runs: Runs<Client>, n: number): Row {
  return {
    client,
    "CPU µs per call": runs.median(client, cpuMicros(n)),
    "× SDK": runs.ratio(client, "bare SDK + p-limit", cpuMs),
    "× fetch": runs.ratio(client, "bare fetch + pool", cpuMs),
    "wall s": seconds(runs.median(client, wallMs)),
    failed: runs.median(client, extra("failed")),
  };
}

function barsOf(bars: [name: string, value: number | undefined][]): BarChart["bars"] {
  return bars.flatMap(([name, value]) => value === undefined ? [] : [{ name, value }]);
}

function chartOf(bars: BarChart["bars"]): BarChart {
  return {
    name: "layers",
    title: "CPU per call by layer",
    x: "µs of CPU per call; server without latency",
    bars,
  };
}
