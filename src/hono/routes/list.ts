import type { Context } from "hono";
import type { Env, Service } from "../service.ts";

/** `GET /`: lists the agents with the schemas of their parameters and outputs. */
export function listRoute({ agents }: Service) {
  return (c: Context<Env>): Response =>
    c.json({
      agents: [...agents.values()].map((agent) => ({
        name: agent.name,
        kind: agent.kind,
        description: agent.description,
        params: agent.paramsSchema(),
        output: agent.outputSchema(),
      })),
    });
}
