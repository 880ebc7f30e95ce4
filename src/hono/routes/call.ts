import type { Context } from "hono";
import { readJson } from "../read_body.ts";
import { publicResult } from "../public_result.ts";
import type { Env, Service } from "../service.ts";

/** `POST /:name`: the body is the parameters, the answer the result. */
export function callRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    const agent = service.agent(c.req.param("name"));
    using exchange = service.enter(c, { kind: "call", agent: agent.name });
    try {
      const { value: params = {} } = await readJson(c.req.raw, service.caps);
      exchange.begin(1);
      exchange.follow(c.req.raw.signal);
      exchange.limitTime();
      const result = await exchange.run(() => agent.settle(exchange.id, params));
      if (!result.ok) throw exchange.problemOf(result.error);
      return c.json(publicResult(result));
    } catch (error) {
      throw exchange.problemOf(error);
    }
  };
}
