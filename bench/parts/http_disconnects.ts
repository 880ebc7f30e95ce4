import { measure } from "../measure/measure.ts";
import { extra, Runs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { HTTP_NOTE } from "./http_note.ts";

const ROUTES = { "POST /:name": "json", "POST /:name/stream": "stream" } as const;
type Route = keyof typeof ROUTES;

/** Clients that disconnect before they have their response: nothing of them may remain. */
export async function httpDisconnects({ quick }: Effort): Promise<Finding> {
  const clients = quick ? 500 : 5_000;
  const options = { clients, concurrency: 250, warm: 500 };
  // A leak shows in every run: one round is enough.
  const runs = await Runs.measureNamed(
    1,
    ROUTES,
    (name) => measure("cases/http_disconnects.ts", name, options, { limitMs: 90_000 }),
  );
  const routes = Object.keys(ROUTES) as Route[];
  const figure = (route: Route, name: string) => runs.median(route, extra(name));
  const rows = routes.map((route): Row => ({
    route,
    disconnected: runs.stopped(route) ?? figure(route, "disconnected"),
    "requests to the model": figure(route, "modelRequests"),
    "aborted there": figure(route, "modelAborts"),
    "idle after, s": seconds(figure(route, "idleMs")),
    "calls in flight": figure(route, "calls"),
    "requests in flight": figure(route, "requests"),
    "in flight at the model": figure(route, "modelInFlight"),
    "heap growth MB": figure(route, "heapGrownMB"),
    "RSS growth MB": figure(route, "rssGrownMB"),
  }));
  /** The sum over all routes, or `undefined` if a figure is missing. */
  const sum = (...names: readonly string[]): number | undefined => {
    const all = routes.flatMap((route) => names.map((name) => figure(route, name)));
    return all.includes(undefined) ? undefined : all.reduce((a, b) => a! + b!, 0);
  };
  const where = `${count(clients * routes.length)} clients that disconnect`;
  const goals: Goal[] = [
    { name: `${where}: failures`, found: sum("failed"), atMost: 0, unit: "clients" },
    {
      name: `${where}: in flight afterwards, according to /metrics`,
      found: sum("calls", "requests"),
      atMost: 0,
      unit: "calls",
    },
    {
      name: `${where}: in flight afterwards, at the model server`,
      found: sum("modelInFlight"),
      atMost: 0,
      unit: "requests",
    },
    {
      name: `${where}: growth of the heap`,
      found: sum("heapGrownMB"),
      // The size of each of the two heaps varies a little.
      atMost: 4,
      unit: "MB",
    },
  ];
  return {
    table: {
      title: `HTTP disconnects: ${where} from agentRoutes`,
      rows,
      notes: [HTTP_NOTE, "After a warm-up and a garbage collection. One run."],
    },
    goals,
  };
}
