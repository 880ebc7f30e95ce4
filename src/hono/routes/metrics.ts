import type { Context } from "hono";
import { METRICS_TYPE, metricsText } from "../metrics.ts";
import type { Env, Service } from "../service.ts";

/**
 * `GET /metrics`: the metrics for Prometheus. A caller gets its own figures, unless its ID is in
 * `principals`. Where the route is open, anyone gets all figures.
 */
export function metricsRoute(service: Service, principals: readonly string[]) {
  return (c: Context<Env>): Response => {
    const id = c.get("principal")?.id;
    const { activity, security } = service;
    const text = id === undefined || principals.includes(id)
      ? metricsText(activity, security)
      : metricsText(activity.figuresOf(id));
    return c.body(text, 200, { "content-type": METRICS_TYPE });
  };
}
