/**
 * How near the module is to what the machine can do, and what the event loop buys over threads. Each run has a process of its own, the
 * server too; what is compared is run in turn, and the median of three counts.
 *
 *     deno task bench                 all of it, in less than five minutes; writes bench/results/latest.*
 *     deno task bench --quick         in less than one: smaller loads, one run of each
 *     deno task bench --json          the figures as JSON on stdout
 *     deno task bench modes growth    only these parts: modes, layers, growth, transport, cpu
 *     deno task bench:http            agents over HTTP: calls, streams, clients that leave
 *     deno task bench:bulk            journals, and a million rows through the command line
 *     deno task bench:limits          against servers with limits, beside other libraries
 *     deno task bench:peers           beside other libraries
 *     deno task bench pool            the pool alone, beside other pools
 */
import { parseArgs } from "node:util";
import { groupOf, GROUPS, PARTS } from "./groups.ts";
import type { Finding } from "./part.ts";
import { goalTable } from "./report/goal.ts";
import { machineLine, thisMachine } from "./report/machine.ts";
import { textTable } from "./report/text_table.ts";
import { allGoals, type Report } from "./report/report.ts";
import { writeReport } from "./report/write_report.ts";

const { values: { quick, json }, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(
    `Cannot run the bench as its parts must be some of ${
      Object.keys(PARTS).join(", ")
    }: current value is "${unknown}"`,
  );
  Deno.exit(2);
}

const began = performance.now();
const effort = { times: quick ? 1 : 3, quick };
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS[0].parts);
const parts: Record<string, Finding[]> = {};
for (const name of names) {
  console.error(`measuring: ${name} …`);
  const from = performance.now();
  const findings: Finding[] = parts[name] = [];
  for await (const finding of PARTS[name]!(effort)) {
    findings.push(finding);
    if (!json) console.log(`\n${textTable(finding.table)}`);
  }
  console.error(`measured: ${name}, ${Math.round((performance.now() - from) / 1000)} s`);
}

const group = groupOf(names);
const report: Report = {
  command: group?.command ?? `deno task bench ${names.join(" ")}`,
  machine: thisMachine(),
  times: effort.times,
  seconds: (performance.now() - began) / 1000,
  parts,
};
if (json) {
  console.log(JSON.stringify(report, null, 2));
} else {
  const goals = allGoals(report);
  if (goals.length > 0) console.log(`\n${textTable(goalTable(goals))}`);
  console.log(
    `\n${machineLine(report.machine)}; medians of ${report.times}; ${Math.round(report.seconds)} s`,
  );
}
// What is found in a hurry, or in part, is not kept.
if (group !== undefined && !quick) {
  const files = GROUPS.map(({ file }) => file);
  await writeReport(report, new URL("./results/", import.meta.url), group.file, files);
}
