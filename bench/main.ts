/**
 * Measures how close the module comes to the limits of the machine, and what the event loop gains
 * over threads. Each run and each server has a process of its own. Clients that are compared run in
 * turn; the figures are medians of three rounds.
 *
 *     deno task bench                 the default parts, 5 minutes; writes bench/results/latest.*
 *     deno task bench --quick         smaller loads and one round, 1 minute
 *     deno task bench --json          prints the figures as JSON to stdout
 *     deno task bench modes growth    only these of: modes, layers, growth, transport, cpu
 *     deno task bench:http            agents over HTTP: calls, streams, disconnects
 *     deno task bench:bulk            journals, and a million rows through the command line
 *     deno task bench:limits          calls to servers with limits, also by other libraries
 *     deno task bench:peers           the same calls by other libraries
 *     deno task bench:runtimes        the same calls on Deno, Node and Bun
 *     deno task bench pool            the pool alone, compared with other pools
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
    `Cannot run the bench as its parts must be among ${
      Object.keys(PARTS).join(", ")
    }: current value is "${unknown}"`,
  );
  Deno.exit(2);
}

const startedAt = performance.now();
const effort = { rounds: quick ? 1 : 3, quick };
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS[0].parts);
const parts: Record<string, Finding[]> = {};
for (const name of names) {
  console.error(`measuring: ${name} …`);
  const partStartedAt = performance.now();
  const findings: Finding[] = parts[name] = [];
  for await (const finding of PARTS[name]!(effort)) {
    findings.push(finding);
    if (!json) console.log(`\n${textTable(finding.table)}`);
  }
  console.error(`measured: ${name}, ${Math.round((performance.now() - partStartedAt) / 1000)} s`);
}

const group = groupOf(names);
const report: Report = {
  command: group?.command ?? `deno task bench ${names.join(" ")}`,
  machine: thisMachine(),
  times: effort.rounds,
  seconds: (performance.now() - startedAt) / 1000,
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
// Results of quick runs and of single parts are not kept.
if (group !== undefined && !quick) {
  const files = GROUPS.map(({ file }) => file);
  await writeReport(report, new URL("./results/", import.meta.url), group.file, files);
}
