import type { Message, ModelRequest } from "../model/message.ts";
import type { Candidate } from "./candidates.ts";
import type { ModelAgent } from "./options/model_agent.ts";

/** Returns the request to a model. */
export function requestOf(
  agent: ModelAgent,
  { model, settings }: Candidate,
  messages: readonly Message[],
): ModelRequest {
  const output = agent.output?.schema;
  if (agent.tools === undefined) return { model, messages, settings, output };
  const tools = agent.tools.map(({ spec }) => spec);
  return { model, messages, settings, output, tools };
}

/** Returns the request to a model that must answer without calling a tool. */
export function finalRequestOf(
  agent: ModelAgent,
  candidate: Candidate,
  messages: readonly Message[],
): ModelRequest {
  const request = requestOf(agent, candidate, messages);
  const { extra, ...settings } = request.settings;
  // A choice of tools that was meant for the rounds before.
  const { tool_choice: _, toolChoice: __, ...others } = extra ?? {};
  return {
    ...request,
    settings: extra === undefined ? settings : { ...settings, extra: others },
    ...(request.tools !== undefined && { toolChoice: "none" }),
  };
}
