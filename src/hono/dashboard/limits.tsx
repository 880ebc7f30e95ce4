/** @jsxImportSource hono/jsx */
import type { Limiter } from "../../limits/limiter.ts";
import { sharedLimiters } from "../../limits/limiter_registry.ts";
import { knownBreakers } from "../../resilience/circuit_breaker.ts";
import type { PrincipalQuota } from "../principal_quota.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { Empty } from "./layout.tsx";
import { Table, type TableRow } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";

const SHOWN = 30;

/** Everything that an attempt must be let through by: of these routes, of the process, of providers and models. */
export function Limits({ view: { service } }: { view: PageContext }): Html {
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
      columns={["Limit of", "On the wire", "Waiting#", "For"]}
      rows={rows.slice(0, SHOWN).map((cells, i) => ({ key: String(i), cells }))}
    />
  );
}

const REASONS = {
  concurrency: "others to end",
  requests: "requests a minute",
  tokens: "tokens a minute",
  pause: "the server, which asks to be left alone",
};

function row(name: TableRow["cells"][number], limiter: Limiter): TableRow["cells"] {
  const { held, concurrency, waiting, reason, paused } = limiter;
  return [
    name,
    <OnTheWire held={held} most={concurrency} />,
    formatCount(waiting),
    paused ? <span class="warn">{REASONS.pause}</span> : waiting > 0 ? REASONS[reason] : "–",
  ];
}

function OnTheWire({ held, most }: { held: number; most: number }): Html {
  if (most === Infinity) return <>{formatCount(held)}</>;
  const words = `${formatCount(held)} of ${formatCount(most)}`;
  return (
    <span class="progress">
      <progress value={String(held)} max={String(most)} aria-label={words} />
      <span>{words}</span>
    </span>
  );
}

/** The circuit breakers: which models are left alone. */
export function Breakers(): Html {
  const now = performance.now();
  const breakers = [...knownBreakers()];
  if (breakers.length === 0) return <Empty>No agent that was called has a circuit breaker.</Empty>;
  return (
    <Table
      label="Circuit breakers"
      columns={["Model", "Provider", "State"]}
      rows={breakers.slice(0, SHOWN).map(({ provider, model, breaker }, i) => {
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

/** The callers, and where they stand against their limits. */
export function Callers({ view: { service } }: { view: PageContext }): Html {
  const accounts = [...service.quotas];
  if (accounts.length === 0) return <Empty>Nobody has called yet.</Empty>;
  return (
    <Table
      label="Callers"
      columns={["Caller", "Requests#", "On the wire", "Last minute#", "Budget spent"]}
      rows={accounts.slice(-SHOWN).map((account) => ({ key: account.id, cells: caller(account) }))}
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
    limiter === undefined
      ? "not limited"
      : <OnTheWire held={limiter.held} most={limiter.concurrency} />,
    lastMinute === undefined
      ? "not limited"
      : `${formatCount(lastMinute.used)} of ${formatCount(lastMinute.limit)}`,
    spent.length === 0 ? "no budget" : spent.join(", "),
  ];
}
