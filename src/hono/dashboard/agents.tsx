/** @jsxImportSource hono/jsx */
import { percentiles } from "../../run/percentiles.ts";
import type { AgentCounts } from "../activity.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { Table } from "./table.tsx";
import type { Html, PageContext } from "./page_context.ts";

/** A table of all agents, or of one. */
export function AgentTable({ context, only }: { context: PageContext; only?: string }): Html {
  const { service, recorder, root } = context;
  const agents = [...service.activity.agents].filter(([name]) => (only ?? name) === name);
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
        const durations = recorder.durationsOf(name);
        const { p50, p95 } = percentiles(durations);
        const time = (ms: number) => durations.length === 0 ? "–" : formatDuration(ms);
        return {
          key: name,
          cells: [
            only === undefined
              ? <a href={`${root}agents/${encodeURIComponent(name)}`}>{name}</a>
              : name,
            formatCount(counts.calls),
            formatCount(counts.inFlight),
            <Failed counts={counts} />,
            time(p50),
            time(p95),
            <InputTokens counts={counts} />,
            formatCount(counts.outputTokens),
            <CostOf counts={counts} />,
          ],
        };
      })}
    />
  );
}

function InputTokens({ counts }: { counts: AgentCounts }): Html {
  const read = formatCount(counts.cachedInputTokens);
  const written = formatCount(counts.cacheWriteTokens);
  const title = `Cache: ${read} read, ${written} written`;
  return <span title={title}>{formatCount(counts.inputTokens)}</span>;
}

function CostOf({ counts: { cost, reportedCost } }: { counts: AgentCounts }): Html {
  const title = `Reported by servers: ${formatDollars(reportedCost)}`;
  return <span title={title}>{formatDollars(cost)}</span>;
}

function Failed({ counts: { failures } }: { counts: AgentCounts }): Html {
  const codes = [...failures].map(([code, n]) => `${code}: ${formatCount(n)}`).join(", ");
  const failed = [...failures.values()].reduce((sum, n) => sum + n, 0);
  return <span class={failed > 0 ? "bad" : undefined} title={codes}>{formatCount(failed)}</span>;
}
