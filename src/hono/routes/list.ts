import type { Context } from "hono";
import type { Env, Service } from "../service.ts";

/** `GET /`: who can be called, with what, and what comes of it. */
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
