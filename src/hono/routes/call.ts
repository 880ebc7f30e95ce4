import type { Context } from "hono";
import { stringifyExact } from "../../model/exact_json.ts";
import { readJsonBody } from "../read_body.ts";
import { toPublicResult } from "../public_result.ts";
import type { Env, Service } from "../service.ts";

/** `POST /:name`: calls an agent with the body as its parameters. */
export function callRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    const agent = service.getAgent(c.req.param("name"));
    using lifecycle = service.admit(c, { kind: "call", agent: agent.name });
    try {
      const { value: params = {} } = await readJsonBody(c.req.raw, service.limits);
      lifecycle.begin(1);
      lifecycle.abandonOn(c.req.raw.signal);
      lifecycle.startDeadline();
      const result = await lifecycle.run(() => agent.settle(lifecycle.id, params));
      if (!result.ok) throw lifecycle.toProblem(result.error);
      return c.body(stringifyExact(toPublicResult(result)), 200, {
        "content-type": "application/json",
      });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}
