/** @jsxImportSource hono/jsx */
import type { ServedAgent } from "../../served_agent.ts";
import { AgentTable } from "../agents.tsx";
import { CallForm } from "../call_form.tsx";
import { Failures } from "../failures.tsx";
import { Layout, Region } from "../layout.tsx";
import type { Html, PageContext, Regions } from "../page_context.ts";

/** Returns the live regions of an agent's page. */
export function agentRegions(context: PageContext, name: string): Regions {
  return {
    agents: <AgentTable context={context} only={name} />,
    failures: <Failures context={context} agent={name} />,
  };
}

/** The page of an agent: a form to call it, its figures and its failures. */
export function AgentPage({ context, agent }: { context: PageContext; agent: ServedAgent }): Html {
  const { name, description } = agent;
  const regions = agentRegions(context, name);
  return (
    <Layout context={context} heading={name} events={`events?agent=${encodeURIComponent(name)}`}>
      {description !== undefined && <p class="lead">{description}</p>}
      {context.calls && <CallForm context={context} agent={agent} />}
      <Region id="agents" title="Figures">{regions.agents}</Region>
      <Region id="failures" title="Recent failures">{regions.failures}</Region>
    </Layout>
  );
}
