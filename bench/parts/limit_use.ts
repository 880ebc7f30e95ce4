/**
 * Measures how much of a server's limit agents use, in virtual time. The parts `rate` and
 * `adaptive` share it.
 */
import type { LimitOptions } from "@shoal/agents";
import { logNormalMean } from "../measure/log_normal.ts";
import { isMeasured, measure } from "../measure/measure.ts";
import type { Effort } from "../part.ts";
import { count, percent, type Row } from "../report/table.ts";

const LATENCY = { p50: 800, p99: 4_000 };
const OUTPUT_TOKENS = { p50: 150, p99: 600 };
/** The number of calls in flight: more than any of the limits allows. */
const CONCURRENCY = 1_000;

/** A server with one limit. */
export interface LimitedServer {
  readonly name: string;
  readonly limits: LimitOptions & { readonly concurrency?: number };
  /** Whether the limit counts tokens instead of requests. */
  readonly countsTokens?: boolean;
  /** The number of requests or tokens that the limit allows per minute. */
  readonly perMinute: number;
}

/** Returns a server with a limit of requests per minute. */
export function requestLimit(perMinute: number): LimitedServer {
  const name = `${count(perMinute)} requests per minute`;
  return { name, limits: { requestsPerMinute: perMinute }, perMinute };
}

/** Returns a server with a limit of tokens per minute. */
export function tokenLimit(perMinute: number): LimitedServer {
  const name = `${count(perMinute)} tokens per minute`;
  return { name, limits: { tokensPerMinute: perMinute }, perMinute, countsTokens: true };
}

/** Returns a server with a limit of concurrent requests. */
export function concurrencyLimit(concurrency: number): LimitedServer {
  const perMinute = concurrency * 60_000 / logNormalMean(LATENCY);
  return { name: `${count(concurrency)} concurrent requests`, limits: { concurrency }, perMinute };
}

/** How a client is configured, and whether the server reports its limits. */
export interface Setup {
  readonly client: string;
  /** The limits of the agent. */
  readonly limits?: LimitOptions;
  /** Whether the server sends rate-limit headers. */
  readonly reportRates: boolean;
}

/** Measures one client and one server, and returns the row of the table. */
export async function limitUseRow(
  { quick }: Effort,
  server: LimitedServer,
  { client, limits, reportRates }: Setup,
): Promise<Row> {
  const minutes = quick ? 3 : 10;
  const m = await measure("cases/virtual_minutes.ts", "minutes", {
    server: {
      latency: LATENCY,
      outputTokens: OUTPUT_TOKENS,
      limits: server.limits,
      reportRates,
    },
    limits,
    concurrency: CONCURRENCY,
    minutes,
  }, { limitMs: 120_000 });
  if (!isMeasured(m)) return { server: server.name, client, "used in minute 2": m.stopped };
  const x = m.extra as Record<Figure, number>;
  const used = (period: "Second" | "Later", inMinutes: number): string =>
    percent(
      x[`${server.countsTokens ? "tokens" : "accepted"}${period}`],
      server.perMinute * inMinutes,
    );
  return {
    server: server.name,
    client,
    "used in minute 2": used("Second", 1),
    [`used in minutes 2 to ${minutes}`]: used("Later", minutes - 1),
    "rejected in minute 1": percent(x.rejectedFirst, x.requestsFirst),
    "rejected later": percent(x.rejectedLater, x.requestsLater),
    completed: x.completed,
    failed: x.failed,
    "CPU µs per call": m.cpuMs * 1000 / x.completed,
  };
}

type Figure =
  | "completed"
  | "failed"
  | "rejectedFirst"
  | "requestsFirst"
  | "rejectedLater"
  | "requestsLater"
  | `${"accepted" | "tokens"}${"Second" | "Later"}`;

/** The notes below the tables. */
export const LIMIT_USE_NOTE = [
  `Virtual time. Latency is log-normal: p50 ${LATENCY.p50} ms, p99 ${LATENCY.p99} ms. ` +
  `Answers have a median of ${OUTPUT_TOKENS.p50} tokens. ${count(CONCURRENCY)} calls in flight.`,
  "used: the share of the limit that the server accepted. Its buckets are full at the start, so " +
  "minute 1 may use twice the limit.",
];
