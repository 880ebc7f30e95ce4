import { measure } from "../measure/measure.ts";
import { extra, Runs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { HTTP_NOTE } from "./http_note.ts";

const ROUTES = { "POST /:name": "json", "POST /:name/stream": "events" } as const;
type Route = keyof typeof ROUTES;

/** Clients that leave in the middle of their answer: nothing of them may stay. */
export async function httpDisconnects({ quick }: Effort): Promise<Finding> {
  const clients = quick ? 500 : 5_000;
  const options = { clients, concurrency: 250, warm: 500 };
  // What stays behind stays behind at once: one run will do.
  const runs = await Runs.measureNamed(
    1,
    ROUTES,
    (name) => measure("cases/http_disconnects.ts", name, options, { limitMs: 90_000 }),
  );
  const routes = Object.keys(ROUTES) as Route[];
  const figure = (route: Route, name: string) => runs.median(route, extra(name));
  const rows = routes.map((route): Row => ({
    route,
    "clients that left": runs.stopped(route) ?? figure(route, "left"),
    "asked the model": figure(route, "asked"),
    "broken off there": figure(route, "brokenOff"),
    "nothing in flight after s": seconds(figure(route, "settledMs")),
    "calls left": figure(route, "calls"),
    "requests left": figure(route, "requests"),
    "left at the model": figure(route, "atModel"),
    "heap grown MB": figure(route, "heapGrownMB"),
    "RSS grown MB": figure(route, "rssGrownMB"),
  }));
  /** Of all routes together; a sum with an unknown part is not known. */
  const sum = (...names: readonly string[]): number | undefined => {
    const all = routes.flatMap((route) => names.map((name) => figure(route, name)));
    return all.includes(undefined) ? undefined : all.reduce((a, b) => a! + b!, 0);
  };
  const where = `${count(clients * routes.length)} clients that leave in the middle`;
  const goals: Goal[] = [
    { name: `${where}: not so`, found: sum("failed"), atMost: 0, unit: "clients" },
    {
      name: `${where}: in flight afterwards, by /metrics`,
      found: sum("calls", "requests"),
      atMost: 0,
      unit: "calls",
    },
    {
      name: `${where}: in flight afterwards, at the model server`,
      found: sum("atModel"),
      atMost: 0,
      unit: "requests",
    },
    {
      name: `${where}: heap afterwards, above that before`,
      found: sum("heapGrownMB"),
      // Each of two heaps breathes a little.
      atMost: 4,
      unit: "MB",
    },
  ];
  return {
    table: {
      title: `HTTP disconnects: ${where}, of agentRoutes`,
      rows,
      notes: [HTTP_NOTE, "After a garbage collection; once warm. One run."],
    },
    goals,
  };
}
