/** @jsxImportSource hono/jsx */
import type { ServedAgent } from "../../served_agent.ts";
import { AgentTable } from "../agents.tsx";
import { CallForm } from "../call_form.tsx";
import { Failures } from "../failures.tsx";
import { Layout, Region } from "../layout.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";

/** What the page of an agent keeps up to date. */
export function agentRegions(view: PageContext, name: string): Regions {
  return {
    agents: <AgentTable view={view} only={name} />,
    failures: <Failures view={view} agent={name} />,
  };
}

/** An agent: a form to call it, its figures and its failures. */
export function AgentPage({ view, agent }: { view: PageContext; agent: ServedAgent }): Html {
  const { name, description } = agent;
  const regions = agentRegions(view, name);
  return (
    <Layout view={view} heading={name} events={`events?agent=${encodeURIComponent(name)}`}>
      {description !== undefined && <p class="lead">{description}</p>}
      {view.calls && <CallForm view={view} agent={agent} />}
      <Region id="agents" title="Figures">{regions.agents}</Region>
      <Region id="failures" title="Latest failures">{regions.failures}</Region>
    </Layout>
  );
}
