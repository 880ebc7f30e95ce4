import { measure } from "../measure/measure.ts";
import { cpuMicros, cpuMs, extra, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { HTTP_NOTE } from "./http_note.ts";

const CONCURRENCY = 100;

const SERVERS = {
  "bare Hono route, fetch": "bare",
  "bare Hono route, agent.call": "call",
  "agentRoutes": "routes",
} as const;
type ServerName = keyof typeof SERVERS;

/** The CPU time per call of a server that calls a model: written by hand, and with Shoal. */
export async function httpCalls({ rounds, quick }: Effort): Promise<Finding> {
  const n = quick ? 2_000 : 6_000;
  const options = {
    n,
    concurrency: CONCURRENCY,
    warm: { n: n / 2, concurrency: CONCURRENCY },
  };
  const runs = await Runs.measureNamed(
    rounds,
    SERVERS,
    (name) => measure("cases/http_calls.ts", name, options),
  );
  const bare: ServerName = "bare Hono route, fetch";
  const routes: ServerName = "agentRoutes";
  const rows = (Object.keys(SERVERS) as ServerName[]).map((served): Row => ({
    server: served,
    "CPU µs per call": runs.median(served, cpuMicros(n)),
    "× bare": runs.ratio(served, bare, cpuMs),
    "wall s": runs.stopped(served) ?? seconds(runs.median(served, wallMs)),
    "p50 ms": runs.median(served, extra("p50Ms")),
    "p99 ms": runs.median(served, extra("p99Ms")),
    failed: runs.median(served, extra("failed")),
  }));
  return {
    table: {
      title: `HTTP calls: ${count(n)} by autocannon, ${CONCURRENCY} in flight, ` +
        "model server without latency",
      rows,
      notes: [HTTP_NOTE, "All servers send the model the same request and answer with JSON."],
    },
    goals: [
      {
        name: "agentRoutes: CPU per call relative to a bare Hono route with fetch",
        found: runs.ratio(routes, bare, cpuMs),
        atMost: 1.5,
        unit: "×",
      },
      {
        name: "agentRoutes: failures",
        found: runs.median(routes, extra("failed")),
        atMost: 0,
        unit: "calls",
      },
    ],
  };
}
