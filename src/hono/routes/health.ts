import type { Context } from "hono";
import type { Env, Service } from "../service.ts";

/** `GET /health`: does it take requests? 503 as soon as it shuts down, so that no more are sent to it. */
export function healthRoute(service: Service) {
  return (c: Context<Env>): Response =>
    service.isClosing
      ? c.json({ status: "shutting_down" }, 503, { "retry-after": "1" })
      : c.json({ status: "ok" });
}
