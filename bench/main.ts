/**
 * How near the module is to what the machine can do, beside what else one would take. Each run has a process of its own, the
 * server too; what is compared is run in turn, and the median of three counts.
 *
 *     deno task bench            all of it, about a quarter of an hour
 *     deno task bench --quick    one run of each instead of three, and shorter ones
 *     deno task bench --json     the figures as JSON on stdout
 *     deno task bench pool calls only these parts: pool, calls, stream, tls, limits, rate, adaptive
 */
import type { Part } from "./part.ts";
import { adaptive } from "./parts/adaptive.ts";
import { calls } from "./parts/calls.ts";
import { limits } from "./parts/limits.ts";
import { pool } from "./parts/pool.ts";
import { rate } from "./parts/rate.ts";
import { stream } from "./parts/stream.ts";
import { tls } from "./parts/tls.ts";
import { print, type Table } from "./table.ts";

const PARTS: Readonly<Record<string, Part>> = { pool, calls, stream, tls, limits, rate, adaptive };
const flags = Deno.args.filter((arg) => arg.startsWith("--"));
const wanted = Deno.args.filter((arg) => !arg.startsWith("--"));
const quick = flags.includes("--quick");
const times = quick ? 1 : 3;

const tables: Table[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring: ${name} …`);
  for await (const table of part({ times, quick })) {
    tables.push(table);
    if (!flags.includes("--json")) print(table);
  }
}

const machine = {
  cores: navigator.hardwareConcurrency,
  memoryGB: Math.round(Deno.systemMemoryInfo().total / 1e9),
  deno: Deno.version.deno,
  os: `${Deno.build.os} ${Deno.build.arch}`,
};
const results = { machine, times, tables };
if (flags.includes("--json")) {
  console.log(JSON.stringify(results, null, 2));
} else {
  const { cores, memoryGB, deno, os } = machine;
  console.log(`\n${cores} cores, ${memoryGB} GB, Deno ${deno}, ${os}; median of ${times}`);
}
if (wanted.length === 0 && !quick) {
  const file = new URL("./results/latest.json", import.meta.url);
  await Deno.mkdir(new URL("./", file), { recursive: true });
  await Deno.writeTextFile(file, JSON.stringify(results, null, 2) + "\n");
}
