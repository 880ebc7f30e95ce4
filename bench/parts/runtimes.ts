import type { Outcome } from "../measure/measure.ts";
import { bundleScript, measureOn } from "../measure/measure_on.ts";
import { cpuMicros, cpuMs, extra, Runs, wallMs } from "../measure/runs.ts";
import { createScratchFolder } from "../measure/scratch_folder.ts";
import { startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";
import { findRuntime } from "../../tools/runtimes/find_runtime.ts";

const SHOAL = "Shoal, openai()";
const FETCH = "bare fetch + pool";
const SDK = "openai SDK + p-limit";
const CLIENTS = { [FETCH]: "fetch", [SDK]: "sdk", [SHOAL]: "shoal" } as const;
/** On Node, whose `fetch` is made of undici, too. */
const WITH_UNDICI = { ...CLIENTS, "bare undici + pool": "undici" } as const;
type Client = keyof typeof WITH_UNDICI;

const SCRIPT = new URL("../clients/on_runtime.ts", import.meta.url);

/** The same calls on Deno, Node and Bun: what Shoal adds to the fastest `fetch` of each. */
export async function* runtimes({ rounds, quick }: Effort): AsyncGenerator<Finding> {
  const load = { n: quick ? 5_000 : 20_000, concurrency: 100 };
  await using folder = await createScratchFolder();
  await using server = await startServer({ latency: 0 });
  const file = await bundleScript(SCRIPT, folder);
  const [node, bun] = await Promise.all([findRuntime("node"), findRuntime("bun")]);
  const options = { ...load, url: server.url, warm: { n: 2_000, concurrency: 100 } };
  const rows: Row[] = [];
  const goals: Goal[] = [];
  const where = `${count(load.n)} calls, ${load.concurrency} in flight, no latency`;
  const deno = { title: `Deno ${Deno.version.deno}`, path: "deno" };
  for (const runtime of [deno, node, bun]) {
    const { title, path } = runtime;
    const args = runtime === deno ? ["run", "--quiet", "-P=bench"] : [];
    const clients: Readonly<Record<string, string>> = runtime === node ? WITH_UNDICI : CLIENTS;
    const runs = await Runs.measureNamed<Client>(
      rounds,
      clients as typeof WITH_UNDICI,
      (client): Promise<Outcome> => measureOn([path, ...args, file], client, options),
    );
    for (const client of Object.keys(clients) as Client[]) {
      rows.push({
        runtime: title,
        client,
        "CPU µs per call": runs.median(client, cpuMicros(load.n)),
        "× fetch": runs.ratio(client, FETCH, cpuMs),
        "× SDK": runs.ratio(client, SDK, cpuMs),
        "wall s": runs.stopped(client) ?? seconds(runs.median(client, wallMs)),
        failed: runs.median(client, extra("failed")),
      });
    }
    const goal = (other: typeof FETCH | typeof SDK, atMost: number): Goal => ({
      name: `${title}, ${where}: CPU per call relative to ${other}`,
      found: runs.ratio(SHOAL, other, cpuMs),
      atMost,
      unit: "×",
    });
    if (runtime === node) goals.push(goal(FETCH, 0.45), goal(SDK, 0.3));
    if (runtime === bun) goals.push(goal(FETCH, 1.6));
  }
  yield {
    table: {
      title: `Runtimes: ${where}`,
      // All rows have the columns of the first.
      rows: rows.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length),
      notes: ["The same bundle of the same source. The server is a process of its own."],
    },
    goals,
  };
}
