import type { Limiter } from "../../limits/limiter.ts";
import { sharedLimiters } from "../../limits/limiter_registry.ts";
import { knownBreakers } from "../../resilience/circuit_breaker.ts";
import type { PrincipalQuota } from "../principal_quota.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { type Child, type Html, html } from "./html.ts";
import { empty, progressBar } from "./layout.ts";
import type { PageContext } from "./page_context.ts";
import { table, type TableRow } from "./table.ts";

const MAX_ROWS = 30;

/** A table of all limiters that attempts pass: of the routes, the process, providers and models. */
export function limitTable({ service }: PageContext): Html {
  const rows = [row("these routes", service.limiter)];
  for (const { provider, model, limiter } of sharedLimiters()) {
    const name = provider === undefined
      ? "the process"
      : model === undefined
      ? provider
      : `${provider}: ${model}`;
    rows.push(row(name, limiter));
  }
  return table({
    label: "Limits",
    columns: ["Limit of", "In flight", "Waiting#", "Waiting for"],
    rows: rows.slice(0, MAX_ROWS).map((cells, i) => ({ key: String(i), cells })),
  });
}

const REASONS = {
  concurrency: "a free slot",
  requests: "requests per minute",
  tokens: "tokens per minute",
  pause: "the server: it asked for a pause",
};

function row(name: string, limiter: Limiter): TableRow["cells"] {
  const { waiting, reason, paused } = limiter;
  return [
    name,
    inFlight(limiter),
    formatCount(waiting),
    paused ? html`<span class="warn">${REASONS.pause}</span>` : waiting > 0 ? REASONS[reason] : "–",
  ];
}

function inFlight({ held, concurrency: max }: Limiter): Child {
  if (max === Infinity) return formatCount(held);
  return progressBar(held, max, `${formatCount(held)} of ${formatCount(max)}`);
}

/** A table of the circuit breakers. */
export function breakerTable(): Html {
  const now = performance.now();
  const breakers = [...knownBreakers()];
  if (breakers.length === 0) return empty("No agent that was called has a circuit breaker.");
  return table({
    label: "Circuit breakers",
    columns: ["Model", "Provider", "State"],
    rows: breakers.slice(0, MAX_ROWS).map(({ provider, model, breaker }, i) => {
      const { name, forMs } = breaker.state(now);
      const text = name === "open"
        ? `open for ${formatDuration(Math.ceil(forMs / 1000) * 1000)} more`
        : name;
      const state = html`<span class="${name === "closed" ? "good" : "bad"}">${text}</span>`;
      return { key: String(i), cells: [model, provider, state] };
    }),
  });
}

/** A table of the callers and their usage. */
export function callerTable({ service }: PageContext): Html {
  const quotas = [...service.quotas];
  if (quotas.length === 0) return empty("There are no callers yet.");
  return table({
    label: "Callers",
    columns: ["Caller", "Requests#", "In flight", "Last minute#", "Budget spent"],
    rows: quotas.slice(-MAX_ROWS).map((quota) => ({ key: quota.id, cells: caller(quota) })),
  });
}

function caller(
  { id, limiter, state: { inProgress, lastMinute, budget } }: PrincipalQuota,
): TableRow["cells"] {
  const { cost, tokens, calls } = budget?.limits ?? {};
  const spent = [
    cost !== undefined && `${formatDollars(budget!.spent.cost)} of ${formatDollars(cost)}`,
    tokens !== undefined && `${formatCount(budget!.spent.tokens)} of ${formatCount(tokens)} tokens`,
    calls !== undefined && `${formatCount(budget!.spent.calls)} of ${formatCount(calls)} calls`,
  ].filter((text) => text !== false);
  return [
    id,
    formatCount(inProgress),
    limiter === undefined ? "no limit" : inFlight(limiter),
    lastMinute === undefined
      ? "no limit"
      : `${formatCount(lastMinute.used)} of ${formatCount(lastMinute.limit)}`,
    spent.length === 0 ? "no budget" : spent.join(", "),
  ];
}
