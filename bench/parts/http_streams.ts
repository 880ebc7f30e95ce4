import { DELTAS } from "../cases/http_timed_stream.ts";
import { measure } from "../measure/measure.ts";
import { cpuMicros, extra, growthKB, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { HTTP_NOTE } from "./http_note.ts";

const SERVERS = {
  "Deno.serve, deltas by a clock": "clock",
  "bare Hono route, hands the model's on": "bare",
  "bare Hono route, reads the model's and writes its own": "anew",
  "agentRoutes": "routes",
} as const;
type ServerName = keyof typeof SERVERS;

/** Many clients at once whose answers come piece by piece. */
export async function httpStreams({ quick }: Effort): Promise<Finding> {
  // So slow that no server here falls behind the model.
  const [clients, everyMs] = quick ? [500, 100] : [2_000, 500];
  const options = { clients, everyMs, warm: 300 };
  // They are long enough to be run once.
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
    "of it heap": runs.median(served, ({ extra }) => extra.heapMB! * 1024 / clients),
    "and buffers": runs.median(served, ({ extra }) => extra.buffersMB! * 1024 / clients),
    "CPU µs per delta": runs.median(served, cpuMicros(deltas)),
    "wall s": runs.stopped(served) ?? seconds(runs.median(served, wallMs)),
    "open after s": seconds(runs.median(served, extra("openMs"))),
    "deltas lost": runs.median(served, extra("lost")),
    failed: runs.median(served, extra("failed")),
  }));
  const where = `${count(clients)} SSE clients at once, ${DELTAS} deltas each`;
  return {
    table: {
      title: `HTTP events: ${where} (ideal ${DELTAS * everyMs / 1000} s)`,
      rows,
      notes: [
        HTTP_NOTE,
        "KB per client: peak RSS less RSS just before, divided by the clients. heap, buffers: what is alive of that after a garbage collection when all are open; the rest is garbage, and what the runtime itself takes. One run.",
        "The first has no model behind it: its streams cost what the runtime takes. The second is handed on by the runtime, unread; the third reads it by EventSourceParserStream and writes by streamSSE.",
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
        name: `${where}: clients without the whole text`,
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
