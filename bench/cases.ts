/**
 * One measurement in a process of its own: `cases.ts NAME OPTIONS` says `ready` when everything is loaded, waits for a line, works, and
 * prints what it took as a line of JSON. Run by `bench/measure.ts`.
 */
import process from "node:process";
import type { Cases } from "./case.ts";
import { linesOf } from "./lines.ts";

/** Where the cases of a name such as `pool-p-map` are: loaded only if they are wanted, so that they cost the others no memory. */
const ROOMS: Readonly<Record<string, () => Promise<{ CASES: Cases }>>> = {
  pool: () => import("./cases/pool.ts"),
  calls: () => import("./cases/calls.ts"),
  stream: () => import("./cases/stream.ts"),
  virtual: () => import("./cases/virtual.ts"),
  limits: () => import("./cases/limits.ts"),
};

/** The most memory this process has had. */
function peakMB(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
  } catch {
    return Deno.memoryUsage().rss / 2 ** 20;
  }
}

if (import.meta.main) {
  const [name, options] = Deno.args;
  const { CASES } = await ROOMS[name!.split("-")[0]!]!();
  const work = await CASES[name!]!(JSON.parse(options!));
  const commands = linesOf(Deno.stdin.readable);
  console.log("ready");
  await commands.next();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const extra = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, peakMB: peakMB(), extra }));
  Deno.exit(0);
}
