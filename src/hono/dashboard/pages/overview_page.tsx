/** @jsxImportSource hono/jsx */
import { AgentTable } from "../agents.tsx";
import { Failures } from "../failures.tsx";
import { Charts, KeyFigures } from "../figures.tsx";
import { Layout, Region } from "../layout.tsx";
import { Breakers, Callers, Limits } from "../limits.tsx";
import { ActiveRuns, EndedRuns } from "../runs.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";

/** What the first page keeps up to date. */
export function overviewRegions(view: PageContext): Regions {
  return {
    figures: <KeyFigures view={view} />,
    charts: <Charts view={view} />,
    runs: <ActiveRuns view={view} />,
    agents: <AgentTable view={view} />,
    failures: <Failures view={view} />,
    ended: <EndedRuns view={view} />,
    limits: <Limits view={view} />,
    breakers: <Breakers />,
    callers: <Callers view={view} />,
  };
}

/** The first page: everything at a glance. */
export function OverviewPage({ view }: { view: PageContext }): Html {
  const regions = overviewRegions(view);
  const part = (id: string, title: string) => <Region id={id} title={title}>{regions[id]}</Region>;
  return (
    <Layout view={view} events="events">
      <h1 class="hidden">Overview</h1>
      {part("figures", "Now")}
      {part("charts", "The last five minutes")}
      {part("runs", "Runs in progress")}
      {part("agents", "Agents")}
      {part("failures", "Latest failures")}
      {part("limits", "Limits")}
      <div class="pair">
        {part("breakers", "Circuit breakers")}
        {part("callers", "Callers")}
      </div>
      {part("ended", "Latest runs")}
    </Layout>
  );
}
