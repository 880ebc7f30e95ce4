import { DELTAS } from "../cases/http_timed_stream.ts";
import { measure } from "../measure/measure.ts";
import { cpuMicros, extra, growthKB, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { HTTP_NOTE } from "./http_note.ts";

const SERVERS = {
  "Deno.serve, deltas from a timer": "timer",
  "bare Hono route, passes the events through": "bare",
  "bare Hono route, parses and writes events": "parsed",
  "agentRoutes": "routes",
} as const;
type ServerName = keyof typeof SERVERS;

/** Many clients at once that read streams. */
export async function httpStreams({ quick }: Effort): Promise<Finding> {
  // Slow enough for every server to keep up with the model.
  const [clients, everyMs] = quick ? [500, 100] : [2_000, 500];
  const options = { clients, everyMs, warm: 300 };
  // The runs are long enough for one round.
  const runs = await Runs.measureNamed(
    1,
    SERVERS,
    (name) => measure("cases/http_streams.ts", name, options, { limitMs: 120_000 }),
  );
  const deltas = clients * DELTAS;
  const routes: ServerName = "agentRoutes";
  const rows = (Object.keys(SERVERS) as ServerName[]).map((served): Row => ({
    server: served,
    "KB per client": runs.median(served, growthKB(clients)),
    "heap KB": runs.median(served, ({ extra }) => extra.heapMB! * 1024 / clients),
    "buffers KB": runs.median(served, ({ extra }) => extra.buffersMB! * 1024 / clients),
    "CPU µs per delta": runs.median(served, cpuMicros(deltas)),
    "wall s": runs.stopped(served) ?? seconds(runs.median(served, wallMs)),
    "all open after, s": seconds(runs.median(served, extra("openMs"))),
    "deltas lost": runs.median(served, extra("lost")),
    failed: runs.median(served, extra("failed")),
  }));
  const where = `${count(clients)} SSE clients at once, ${DELTAS} deltas each`;
  return {
    table: {
      title: `HTTP streams: ${where} (ideal ${DELTAS * everyMs / 1000} s)`,
      rows,
      notes: [
        HTTP_NOTE,
        "KB per client: peak RSS minus RSS just before, divided by the clients. heap, buffers: " +
        "the live part of it, after a garbage collection when all streams are open; the rest is " +
        "garbage and memory of the runtime. One run.",
        "The first server has no model: its streams show the cost of the runtime. The second " +
        "passes the body of fetch through, unread. The third parses with EventSourceParserStream " +
        "and writes with streamSSE.",
      ],
    },
    goals: [
      {
        name: `${where}: lost deltas`,
        found: runs.median(routes, extra("lost")),
        atMost: 0,
        unit: "deltas",
      },
      {
        name: `${where}: clients without the complete text`,
        found: runs.median(routes, extra("failed")),
        atMost: 0,
        unit: "clients",
      },
      {
        name: `${where}: memory`,
        found: runs.median(routes, growthKB(clients)),
        atMost: 60,
        unit: "KB each",
      },
    ],
  };
}
