/**
 * One measurement in a process of its own: `run_case.ts FILE NAME OPTIONS` gets the case ready, works a little to be warm, starts what
 * the work needs, says `ready`, waits for a line, works, and prints what it took as a line of JSON. Run by `measure.ts`.
 */
import process from "node:process";
import type { Cases } from "./case.ts";
import { readLines } from "./read_lines.ts";
import type { Measurement } from "./measure.ts";
import { peakMB, collectGarbage } from "./memory.ts";

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
  const began = performance.now();
  const found = await work();
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  const extra = { ...started, ...found };
  const measured: Measurement = { wallMs, cpuMs, beforeMB, peakMB: peakMB(), extra };
  await end?.();
  console.log(JSON.stringify(measured));
  Deno.exit(0);
}
