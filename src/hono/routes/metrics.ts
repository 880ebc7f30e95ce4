import type { Context } from "hono";
import { METRICS_TYPE, metricsText } from "../metrics.ts";
import type { Env, Service } from "../service.ts";

/** `GET /metrics`: the metrics for Prometheus. */
export function metricsRoute({ activity }: Service) {
  return (c: Context<Env>): Response =>
    c.body(metricsText(activity), 200, { "content-type": METRICS_TYPE });
}
