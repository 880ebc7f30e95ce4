import type { ServedAgent } from "../../served_agent.ts";
import { agentTable } from "../agents.ts";
import { callForm } from "../call_form.ts";
import { failureTable } from "../failures.ts";
import { type Html, html } from "../html.ts";
import { layout, region } from "../layout.ts";
import type { PageContext, Regions } from "../page_context.ts";

/** Returns the live regions of an agent's page. */
export function agentRegions(context: PageContext, name: string): Regions {
  return { agents: agentTable(context, name), failures: failureTable(context, name) };
}

/** The page of an agent: a form to call it, its figures and its failures. */
export function agentPage(context: PageContext, agent: ServedAgent): Html {
  const { name, description } = agent;
  const regions = agentRegions(context, name);
  const content = html`${description !== undefined && html`<p class="lead">${description}</p>`}
${context.calls && callForm(context, agent)}
${region("agents", "Figures", regions.agents)}
${region("failures", "Recent failures", regions.failures)}`;
  const events = `events?agent=${encodeURIComponent(name)}`;
  return layout({ context, heading: name, events, content });
}
