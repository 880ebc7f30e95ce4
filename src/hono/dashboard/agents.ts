import { percentiles } from "../../run/percentiles.ts";
import type { AgentCounts } from "../call_counts.ts";
import { formatCount, formatDollars, formatDuration } from "./format.ts";
import { attributes, type Html, html } from "./html.ts";
import type { PageContext } from "./page_context.ts";
import { table } from "./table.ts";

const COLUMNS = [
  "Agent",
  "Calls#",
  "In flight#",
  "Failed#",
  "p50#",
  "p95#",
  "Tokens in#",
  "Tokens out#",
  "Cost#",
];

/** A table of all agents, or of one. */
export function agentTable({ service, recorder, root }: PageContext, only?: string): Html {
  const agents = [...service.activity.agents].filter(([name]) => (only ?? name) === name);
  const rows = agents.map(([name, counts]) => {
    const durations = recorder.durationsOf(name);
    const { p50, p95 } = percentiles(durations);
    const time = (ms: number) => durations.length === 0 ? "–" : formatDuration(ms);
    return {
      key: name,
      cells: [
        only === undefined
          ? html`<a href="${root}agents/${encodeURIComponent(name)}">${name}</a>`
          : name,
        formatCount(counts.calls),
        formatCount(counts.inFlight),
        failed(counts),
        time(p50),
        time(p95),
        inputTokens(counts),
        formatCount(counts.outputTokens),
        cost(counts),
      ],
    };
  });
  return table({ label: "Agents", columns: COLUMNS, rows });
}

function inputTokens(counts: AgentCounts): Html {
  const read = formatCount(counts.cachedInputTokens);
  const written = formatCount(counts.cacheWriteTokens);
  const title = `Cache: ${read} read, ${written} written`;
  return html`<span title="${title}">${formatCount(counts.inputTokens)}</span>`;
}

function cost({ cost, reportedCost }: AgentCounts): Html {
  const title = `Reported by servers: ${formatDollars(reportedCost)}`;
  return html`<span title="${title}">${formatDollars(cost)}</span>`;
}

function failed({ failures }: AgentCounts): Html {
  const codes = [...failures].map(([code, n]) => `${code}: ${formatCount(n)}`).join(", ");
  const count = [...failures.values()].reduce((sum, n) => sum + n, 0);
  const attrs = attributes({ class: count > 0 ? "bad" : undefined, title: codes });
  return html`<span ${attrs}>${formatCount(count)}</span>`;
}
