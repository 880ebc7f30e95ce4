import type { Context } from "hono";
import { unknownModelProblem } from "./openai_error.ts";
import type { Env, Service } from "../service.ts";

/** `GET /v1/models`: lists the agents as models. */
export function modelsRoute({ agents }: Service) {
  return (c: Context<Env>): Response =>
    c.json({ object: "list", data: [...agents.keys()].map(modelOf) });
}

/** `GET /v1/models/:id`: describes one agent as a model. */
export function modelRoute({ agents }: Service) {
  return (c: Context<Env>): Response => {
    const name = c.req.param("id") ?? "";
    if (!agents.has(name)) throw unknownModelProblem();
    return c.json(modelOf(name));
  };
}

function modelOf(name: string) {
  return { id: name, object: "model", created: 0, owned_by: "shoal" };
}
