/**
 * Runs one case in a process of its own, started by `measure.ts` as `run_case.ts FILE NAME
 * OPTIONS`: prepares the case, warms up, starts what the work needs, prints `ready`, waits for a
 * line on stdin, does the work, and prints the measurement as a line of JSON.
 */
import process from "node:process";
import type { Cases } from "./case.ts";
import { readLines } from "./read_lines.ts";
import type { Measurement } from "./measure.ts";
import { collectGarbage, peakMB } from "./memory.ts";

const MB = 2 ** 20;

if (import.meta.main) {
  const [file, name, options] = Deno.args;
  const { CASES }: { CASES: Cases } = await import(new URL(`../${file}`, import.meta.url).href);
  const { warm, start, work, end } = await CASES[name!]!(JSON.parse(options!));
  await warm?.();
  await collectGarbage();
  const beforeMB = Deno.memoryUsage().rss / MB;
  const started = await start?.();
  const commands = readLines(Deno.stdin.readable);
  console.log("ready");
  await commands.next();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const figures = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  const extra = { ...started, ...figures };
  const measured: Measurement = { wallMs, cpuMs, beforeMB, peakMB: peakMB(), extra };
  await end?.();
  console.log(JSON.stringify(measured));
  Deno.exit(0);
}
