/**
 * Writes metrics in the text format of Prometheus. It is written by hand on purpose: `prom-client`,
 * the usual library, reads the process, its files and its cluster, which Deno Deploy does not
 * provide, and the format of the few metrics here takes ten lines.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 */
import type { Figures } from "./activity.ts";
import type { AgentCounts } from "./call_counts.ts";

/** The content type of {@linkcode metricsText}. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number, suffix?: string];

/** What is counted besides the calls of agents. */
export interface SecurityCounts {
  /** How many requests had no valid token. */
  readonly unauthorized: number;
  /** How many times a token was sent to sign in that is not valid. */
  readonly signInFailures: number;
  /** How many times a token was not even checked, as there were too many guesses. */
  readonly signInsRejected: number;
}

/**
 * Returns metrics as text: the figures of all callers or of one. `security` counts for all callers,
 * so it is absent in the figures of one.
 */
export function metricsText(
  { agents, runs, callsPerSecond }: Figures,
  security?: SecurityCounts,
): string {
  const all = [...agents];
  const each = (value: (counts: AgentCounts) => number): Sample[] =>
    all.map(([agent, counts]) => [{ agent }, value(counts)]);
  return [
    metric("shoal_calls_total", "counter", "Calls that have begun.", each(({ calls }) => calls)),
    metric(
      "shoal_call_failures_total",
      "counter",
      "Calls that failed, by the code of their error.",
      all.flatMap(([agent, { failures }]) =>
        [...failures].map(([code, n]): Sample => [{ agent, code }, n])
      ),
    ),
    metric(
      "shoal_calls_in_flight",
      "gauge",
      "Calls in flight.",
      each(({ inFlight }) => inFlight),
    ),
    metric(
      "shoal_tokens_total",
      "counter",
      "Tokens used by calls.",
      all.flatMap(([agent, { inputTokens, outputTokens }]): Sample[] => [
        [{ agent, direction: "input" }, inputTokens],
        [{ agent, direction: "output" }, outputTokens],
      ]),
    ),
    metric(
      "shoal_cache_tokens_total",
      "counter",
      "Input tokens that were read from the providers' caches, or written to them.",
      all.flatMap(([agent, { cachedInputTokens, cacheWriteTokens }]): Sample[] => [
        [{ agent, operation: "read" }, cachedInputTokens],
        [{ agent, operation: "write" }, cacheWriteTokens],
      ]),
    ),
    metric(
      "shoal_cost_dollars_total",
      "counter",
      "Cost of calls in US dollars, as far as prices are known.",
      each(({ cost }) => cost),
    ),
    metric(
      "shoal_reported_cost_dollars_total",
      "counter",
      "The part of the cost that the models' servers reported, in US dollars.",
      each(({ reportedCost }) => reportedCost),
    ),
    metric(
      "shoal_call_duration_seconds",
      "histogram",
      "Duration of calls in seconds.",
      all.flatMap(([agent, { seconds }]): Sample[] => [
        ...seconds.buckets().map(([bound, count]): Sample => [
          { agent, le: bound === Infinity ? "+Inf" : String(bound) },
          count,
          "_bucket",
        ]),
        [{ agent }, seconds.sum, "_sum"],
        [{ agent }, seconds.count, "_count"],
      ]),
    ),
    metric("shoal_runs_in_flight", "gauge", "Requests for calls in progress.", [[{}, runs.length]]),
    metric(
      "shoal_calls_per_second",
      "gauge",
      "Calls that ended per second, on average over the last minute.",
      [[{}, callsPerSecond]],
    ),
    ...security === undefined ? [] : securityMetrics(security),
  ].join("");
}

function securityMetrics(counts: SecurityCounts): string[] {
  return [
    metric(
      "shoal_unauthorized_requests_total",
      "counter",
      "Requests without a valid token.",
      [[{}, counts.unauthorized]],
    ),
    metric(
      "shoal_sign_in_failures_total",
      "counter",
      "Tokens sent to sign in that are not valid.",
      [[{}, counts.signInFailures]],
    ),
    metric(
      "shoal_sign_ins_rejected_total",
      "counter",
      "Tokens sent to sign in that were not checked, as there were too many guesses.",
      [[{}, counts.signInsRejected]],
    ),
  ];
}

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value, suffix = ""]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    return `${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escapeLabel(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
