/**
 * Runs the tests on Node or Bun.
 *
 *     deno task test:node                  all tests
 *     deno task test:bun tests/run         the tests of a folder or a file
 *     deno task test:node --list           the files that run, and those that do not, with reasons
 *
 * `SHOAL_NODE` and `SHOAL_BUN` select the executables; without them npx installs Node 24 and Bun 1.
 * `DENO_JOBS` says how many files run at once, as for `deno test --parallel`.
 */
import { fileURLToPath } from "node:url";
import { findRuntime, type RuntimeName } from "./find_runtime.ts";
import { entryNotRun, NEED_DENO } from "./not_run.ts";
import { type FileResult, runFile } from "./run_file.ts";
import { filesIn, ROOT, writeTree } from "./write_tree.ts";

/** How many files run at once: two on a core, as most tests wait more than they compute. */
const JOBS = Number(Deno.env.get("DENO_JOBS")) || 2 * navigator.hardwareConcurrency;

/** The folders with the longest tests. They run first, so that all cores are busy to the end. */
const FIRST = ["tests/hono/", "tests/run/", "tests/workers/", "tests/journal/", "tests/cli/"];

const [name, ...args] = Deno.args;
if (name !== "node" && name !== "bun") throw new TypeError("The runtime must be node or bun");
const filters = args.filter((arg) => !arg.startsWith("--")).map((arg) => arg.replace(/^\.\//, ""));
const files = [...filesIn("tests")].filter((file) => file.endsWith("_test.ts")).sort()
  .filter((file) => filters.length === 0 || filters.some((filter) => file.startsWith(filter)));
const chosen = files.filter((file) => entryNotRun(file) === undefined);
const omitted = Map.groupBy(
  files.filter((file) => !chosen.includes(file)),
  (file) => entryNotRun(file)!,
);

if (files.length === 0) {
  console.error(`No test file begins with ${filters.join(" or ")}`);
  Deno.exit(1);
}
if (args.includes("--list")) {
  for (const file of chosen) console.log(file);
  printOmitted();
} else if (!await runAll(name)) Deno.exit(1);

async function runAll(name: RuntimeName): Promise<boolean> {
  const startedAt = performance.now();
  const runtime = await findRuntime(name);
  const tree = await writeTree(name);
  console.log(`Running ${chosen.length} files on ${runtime.title}\n`);
  const results: FileResult[] = [];
  const queue = [
    ...FIRST.flatMap((folder) => chosen.filter((file) => file.startsWith(folder))),
    ...chosen.filter((file) => !FIRST.some((folder) => file.startsWith(folder))),
  ];
  const lane = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runFile(runtime, tree, file);
      results.push(result);
      print(result);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, lane));
  printFailures(results);
  console.log(`\nBy room, on ${runtime.title}:`);
  const rooms = Map.groupBy(results, ({ file }) => file.split("/")[1]!);
  for (const [room, results] of [...rooms].sort()) console.log(`  ${room}: ${count(results)}`);
  if (results.some(({ ignored }) => ignored.length > 0)) console.log("\nIgnored:");
  for (const { file, ignored } of results) {
    for (const name of ignored) console.log(`  ${file}: ${name}`);
  }
  printOmitted();
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const failed = results.some(({ failed }) => failed.length > 0);
  console.log(`\n${failed ? "FAILED" : "ok"} | ${runtime.title} | ${count(results)} (${seconds}s)`);
  return !failed;
}

function count(results: readonly FileResult[]): string {
  const sum = (of: (result: FileResult) => number) =>
    results.reduce((sum, result) => sum + of(result), 0);
  return `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed.length)} failed, ${
    sum(({ ignored }) => ignored.length)
  } ignored`;
}

function print(result: FileResult): void {
  console.log(`${result.file} ... ${count([result])} (${result.ms}ms)`);
  for (const { name } of result.failed) console.log(`  FAILED: ${name}`);
}

function printFailures(results: readonly FileResult[]): void {
  for (const { file, failed } of results) {
    for (const { name, error } of failed) {
      // Stacks name the files of the repository, not their copies.
      const text = error.replaceAll(
        /(?:file:\/\/)?[^\s(]*\/\.runtimes\/(?:node|bun)\//g,
        fileURLToPath(ROOT),
      );
      console.log(`\n${file}: ${name}\n${text.replace(/^/gm, "  ")}`);
    }
  }
}

function printOmitted(): void {
  if (omitted.size === 0) return;
  console.log("\nNot run, as they need Deno:");
  for (const [path, { length }] of omitted) {
    console.log(`  ${path} (${length} ${length === 1 ? "file" : "files"}): it ${NEED_DENO[path]}`);
  }
}
