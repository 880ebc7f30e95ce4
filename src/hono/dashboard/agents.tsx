/** @jsxImportSource hono/jsx */
import { percentiles } from "../../run/percentiles.ts";
import type { AgentCounts } from "../activity.ts";
import { count, dollars, span } from "./format.ts";
import { Table } from "./table.tsx";
import type { Html, View } from "./page_context.ts";

/** All agents, or one. */
export function Agents({ view, only }: { view: View; only?: string }): Html {
  const { service, watch, root } = view;
  const agents = [...service.registry.agents].filter(([name]) => (only ?? name) === name);
  return (
    <Table
      label="Agents"
      columns={[
        "Agent",
        "Calls#",
        "In flight#",
        "Failed#",
        "p50#",
        "p95#",
        "Tokens in#",
        "Tokens out#",
        "Cost#",
      ]}
      rows={agents.map(([name, counts]) => {
        const durations = watch.durationsOf(name);
        const { p50, p95 } = percentiles(durations);
        const time = (ms: number) => durations.length === 0 ? "–" : span(ms);
        return {
          key: name,
          cells: [
            only === undefined
              ? <a href={`${root}agents/${encodeURIComponent(name)}`}>{name}</a>
              : name,
            count(counts.calls),
            count(counts.inFlight),
            <Failed counts={counts} />,
            time(p50),
            time(p95),
            count(counts.inputTokens),
            count(counts.outputTokens),
            dollars(counts.cost),
          ],
        };
      })}
    />
  );
}

function Failed({ counts: { failures } }: { counts: AgentCounts }): Html {
  const codes = [...failures].map(([code, n]) => `${code}: ${count(n)}`).join(", ");
  const failed = [...failures.values()].reduce((sum, n) => sum + n, 0);
  return <span class={failed > 0 ? "bad" : undefined} title={codes}>{count(failed)}</span>;
}
