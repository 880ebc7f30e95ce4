/** What the parts in virtual time share: servers with one limit each, and minutes of calls to them. */
import type { LimitOptions } from "@shoal/agents";
import { logNormalMean } from "../measure/log_normal.ts";
import { isMeasured, measure } from "../measure/measure.ts";
import type { Effort } from "../part.ts";
import { count, percent, type Row } from "../report/table.ts";

const LATENCY = { p50: 800, p99: 4_000 };
const OUTPUT_TOKENS = { p50: 150, p99: 600 };
/** How many calls are under way: more than any of the limits lets through. */
const CONCURRENCY = 1_000;

/** A server with one limit. */
export interface LimitedServer {
  readonly name: string;
  readonly limits: LimitOptions & { readonly concurrency?: number };
  /** Is it tokens that it counts? */
  readonly countsTokens?: boolean;
  /** How much of that it allows in a minute. */
  readonly perMinute: number;
}

/** A server that allows so many requests a minute. */
export function requestLimit(perMinute: number): LimitedServer {
  const name = `${count(perMinute)} requests a minute`;
  return { name, limits: { requestsPerMinute: perMinute }, perMinute };
}

/** A server that allows so many tokens a minute. */
export function tokenLimit(perMinute: number): LimitedServer {
  const name = `${count(perMinute)} tokens a minute`;
  return { name, limits: { tokensPerMinute: perMinute }, perMinute, countsTokens: true };
}

/** A server that allows so many requests at once. */
export function concurrencyLimit(concurrency: number): LimitedServer {
  const perMinute = concurrency * 60_000 / logNormalMean(LATENCY);
  return { name: `${count(concurrency)} requests at once`, limits: { concurrency }, perMinute };
}

/** How a client is set up, and what it can know of the server. */
export interface Setup {
  readonly client: string;
  /** The limits of the agent. */
  readonly limits?: LimitOptions;
  /** Does the server say where its limits stand? */
  readonly reportRates: boolean;
}

/** A row: how much of what the server allows is used, and how much is refused. */
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
  const used = (one: "Second" | "Later", inMinutes: number): string =>
    percent(x[`${server.countsTokens ? "tokens" : "accepted"}${one}`], server.perMinute * inMinutes);
  return {
    server: server.name,
    client,
    "used in minute 2": used("Second", 1),
    [`in minutes 2 to ${minutes}`]: used("Later", minutes - 1),
    "refused in minute 1": percent(x.refusedFirst, x.requestsFirst),
    "and later": percent(x.refusedLater, x.requestsLater),
    completed: x.completed,
    failed: x.failed,
    "CPU µs per call": m.cpuMs * 1000 / x.completed,
  };
}

type Figure =
  | "completed"
  | "failed"
  | "refusedFirst"
  | "requestsFirst"
  | "refusedLater"
  | "requestsLater"
  | `${"accepted" | "tokens"}${"Second" | "Later"}`;

/** What one must know to read the tables. */
export const LIMIT_USE_NOTE = [
  `Virtual time. Answers take ${LATENCY.p50} ms, one in a hundred ${LATENCY.p99} ms (log-normal), and have about ${OUTPUT_TOKENS.p50} tokens. ${
    count(CONCURRENCY)
  } calls are under way.`,
  "used: what the server let through of what its limit allows. Its buckets are full at first, so minute 1 may use twice as much.",
];
