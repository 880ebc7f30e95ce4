/** @jsxImportSource hono/jsx */
import { AgentTable } from "../agents.tsx";
import { Failures } from "../failures.tsx";
import { Charts, KeyFigures } from "../figures.tsx";
import { Layout, Region } from "../layout.tsx";
import { Breakers, Callers, Limits } from "../limits.tsx";
import { ActiveRuns, EndedRuns } from "../runs.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";

/** Returns the live regions of the overview. */
export function overviewRegions(context: PageContext): Regions {
  return {
    figures: <KeyFigures context={context} />,
    charts: <Charts context={context} />,
    runs: <ActiveRuns context={context} />,
    agents: <AgentTable context={context} />,
    failures: <Failures context={context} />,
    ended: <EndedRuns context={context} />,
    limits: <Limits context={context} />,
    breakers: <Breakers />,
    callers: <Callers context={context} />,
  };
}

/** The overview. */
export function OverviewPage({ context }: { context: PageContext }): Html {
  const regions = overviewRegions(context);
  const region = (id: string, title: string) => <Region id={id} title={title}>{regions[id]}
  </Region>;
  return (
    <Layout context={context} events="events">
      <h1 class="hidden">Overview</h1>
      {region("figures", "Now")}
      {region("charts", "The last five minutes")}
      {region("runs", "Runs in progress")}
      {region("agents", "Agents")}
      {region("failures", "Recent failures")}
      {region("limits", "Limits")}
      <div class="pair">
        {region("breakers", "Circuit breakers")}
        {region("callers", "Callers")}
      </div>
      {region("ended", "Recent runs")}
    </Layout>
  );
}
