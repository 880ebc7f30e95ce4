/** @jsxImportSource hono/jsx */
import type { Limiter } from "../../limits/limiter.ts";
import { sharedLimiters } from "../../limits/limiter_registry.ts";
import { knownBreakers } from "../../resilience/circuit_breaker.ts";
import type { PrincipalQuota } from "../principal_quota.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { Empty } from "./layout.tsx";
import { Table, type TableRow } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";

const MAX_ROWS = 30;

/** A table of all limiters that attempts pass: of the routes, the process, providers and models. */
export function Limits({ context: { service } }: { context: PageContext }): Html {
  const rows = [row("these routes", service.limiter)];
  for (const { provider, model, limiter } of sharedLimiters()) {
    const name = provider === undefined ? "the process" : model === undefined ? provider : (
      <>
        {provider}: {model}
      </>
    );
    rows.push(row(name, limiter));
  }
  return (
    <Table
      label="Limits"
      columns={["Limit of", "In flight", "Waiting#", "Waiting for"]}
      rows={rows.slice(0, MAX_ROWS).map((cells, i) => ({ key: String(i), cells }))}
    />
  );
}

const REASONS = {
  concurrency: "a free slot",
  requests: "requests per minute",
  tokens: "tokens per minute",
  pause: "the server: it asked for a pause",
};

function row(name: TableRow["cells"][number], limiter: Limiter): TableRow["cells"] {
  const { held, concurrency, waiting, reason, paused } = limiter;
  return [
    name,
    <InFlight held={held} max={concurrency} />,
    formatCount(waiting),
    paused ? <span class="warn">{REASONS.pause}</span> : waiting > 0 ? REASONS[reason] : "–",
  ];
}

function InFlight({ held, max }: { held: number; max: number }): Html {
  if (max === Infinity) return <>{formatCount(held)}</>;
  const label = `${formatCount(held)} of ${formatCount(max)}`;
  return (
    <span class="progress">
      <progress value={String(held)} max={String(max)} aria-label={label} />
      <span>{label}</span>
    </span>
  );
}

/** A table of the circuit breakers. */
export function Breakers(): Html {
  const now = performance.now();
  const breakers = [...knownBreakers()];
  if (breakers.length === 0) return <Empty>No agent that was called has a circuit breaker.</Empty>;
  return (
    <Table
      label="Circuit breakers"
      columns={["Model", "Provider", "State"]}
      rows={breakers.slice(0, MAX_ROWS).map(({ provider, model, breaker }, i) => {
        const { name, forMs } = breaker.state(now);
        return {
          key: String(i),
          cells: [
            model,
            provider,
            <span class={name === "closed" ? "good" : "bad"}>
              {name === "open"
                ? `open for ${formatDuration(Math.ceil(forMs / 1000) * 1000)} more`
                : name}
            </span>,
          ],
        };
      })}
    />
  );
}

/** A table of the callers and their usage. */
export function Callers({ context: { service } }: { context: PageContext }): Html {
  const quotas = [...service.quotas];
  if (quotas.length === 0) return <Empty>There are no callers yet.</Empty>;
  return (
    <Table
      label="Callers"
      columns={["Caller", "Requests#", "In flight", "Last minute#", "Budget spent"]}
      rows={quotas.slice(-MAX_ROWS).map((quota) => ({ key: quota.id, cells: caller(quota) }))}
    />
  );
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
    limiter === undefined ? "no limit" : <InFlight held={limiter.held} max={limiter.concurrency} />,
    lastMinute === undefined
      ? "no limit"
      : `${formatCount(lastMinute.used)} of ${formatCount(lastMinute.limit)}`,
    spent.length === 0 ? "no budget" : spent.join(", "),
  ];
}
