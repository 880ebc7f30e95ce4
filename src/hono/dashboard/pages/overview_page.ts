import { agentTable } from "../agents.ts";
import { failureTable } from "../failures.ts";
import { charts, keyFigures } from "../figures.ts";
import { type Html, html } from "../html.ts";
import { layout, region } from "../layout.ts";
import { breakerTable, callerTable, limitTable } from "../limits.ts";
import type { PageContext, Regions } from "../page_context.ts";
import { activeRuns, endedRuns } from "../runs.ts";

/** Returns the live regions of the overview. */
export function overviewRegions(context: PageContext): Regions {
  return {
    figures: keyFigures(context),
    charts: charts(context),
    runs: activeRuns(context),
    agents: agentTable(context),
    failures: failureTable(context),
    ended: endedRuns(context),
    limits: limitTable(context),
    breakers: breakerTable(),
    callers: callerTable(context),
  };
}

/** The overview. */
export function overviewPage(context: PageContext): Html {
  const regions = overviewRegions(context);
  const show = (id: string, title: string) => region(id, title, regions[id]);
  const content = html`<h1 class="hidden">Overview</h1>
${show("figures", "Now")}
${show("charts", "The last five minutes")}
${show("runs", "Runs in progress")}
${show("agents", "Agents")}
${show("failures", "Recent failures")}
${show("limits", "Limits")}
<div class="pair">
${show("breakers", "Circuit breakers")}
${show("callers", "Callers")}
</div>
${show("ended", "Recent runs")}`;
  return layout({ context, events: "events", content });
}
