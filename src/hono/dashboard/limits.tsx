/** @jsxImportSource hono/jsx */
import type { Limiter } from "../../limits/limiter.ts";
import { sharedLimiters } from "../../limits/limiter_registry.ts";
import { knownBreakers } from "../../resilience/circuit_breaker.ts";
import type { Account } from "../principal_quota.ts";
import { count, dollars, span } from "./format.ts";
import { Empty } from "./layout.tsx";
import { type Row, Table } from "./table.tsx";
import type { Html, View } from "./page_context.ts";

const SHOWN = 30;

/** Everything that an attempt must be let through by: of these routes, of the process, of providers and models. */
export function Limits({ view: { service } }: { view: View }): Html {
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

function row(name: Row["cells"][number], limiter: Limiter): Row["cells"] {
  const { held, concurrency, waiting, reason, paused } = limiter;
  return [
    name,
    <OnTheWire held={held} most={concurrency} />,
    count(waiting),
    paused ? <span class="warn">{REASONS.pause}</span> : waiting > 0 ? REASONS[reason] : "–",
  ];
}

function OnTheWire({ held, most }: { held: number; most: number }): Html {
  if (most === Infinity) return <>{count(held)}</>;
  const words = `${count(held)} of ${count(most)}`;
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
              {name === "open" ? `open for ${span(Math.ceil(forMs / 1000) * 1000)} more` : name}
            </span>,
          ],
        };
      })}
    />
  );
}

/** The callers, and where they stand against their limits. */
export function Callers({ view: { service } }: { view: View }): Html {
  const accounts = [...service.accounts];
  if (accounts.length === 0) return <Empty>Nobody has called yet.</Empty>;
  return (
    <Table
      label="Callers"
      columns={["Caller", "Requests#", "On the wire", "Last minute#", "Budget spent"]}
      rows={accounts.slice(-SHOWN).map((account) => ({ key: account.id, cells: caller(account) }))}
    />
  );
}

function caller({ id, limiter, state: { inProgress, lastMinute, budget } }: Account): Row["cells"] {
  const { cost, tokens, calls } = budget?.limits ?? {};
  const spent = [
    cost !== undefined && `${dollars(budget!.spent.cost)} of ${dollars(cost)}`,
    tokens !== undefined && `${count(budget!.spent.tokens)} of ${count(tokens)} tokens`,
    calls !== undefined && `${count(budget!.spent.calls)} of ${count(calls)} calls`,
  ].filter((text) => text !== false);
  return [
    id,
    count(inProgress),
    limiter === undefined
      ? "not limited"
      : <OnTheWire held={limiter.held} most={limiter.concurrency} />,
    lastMinute === undefined
      ? "not limited"
      : `${count(lastMinute.used)} of ${count(lastMinute.limit)}`,
    spent.length === 0 ? "no budget" : spent.join(", "),
  ];
}
