import type { Context } from "hono";
import type { Env, Service } from "../service.ts";

/** `GET /health`: 503 once it shuts down, so that load balancers stop sending requests. */
export function healthRoute(service: Service) {
  return (c: Context<Env>): Response =>
    service.isClosing
      ? c.json({ status: "shutting_down" }, 503, { "retry-after": "1" })
      : c.json({ status: "ok" });
}
