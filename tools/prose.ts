/**
 * Checks the width of lines and the wording of comments, docs and Markdown: `deno task prose`. It
 * finds the worst patterns only; `CONTRIBUTING.md` says how the project writes.
 */
import { checkMarkdown, checkSource, type Problem } from "./prose_rules.ts";

const root = new URL("../", import.meta.url);
const FOLDERS = ["docs", "src", "tests", "bench", "examples", "tools"];
const FILES = ["mod.ts", "README.md", "CONTRIBUTING.md"];
/** Copied sources, and files that are written by a program. */
const SKIPPED = [
  "tools/std/",
  "bench/results/",
  "examples/data/",
  "tools/site/generated/",
  "tools/site/node_modules/",
];

function* filesIn(folder: string): IterableIterator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`${folder}/`, root))) {
    const path = `${folder}/${name}`;
    if (SKIPPED.some((skipped) => `${path}/`.startsWith(skipped))) continue;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

function check(path: string): Problem[] {
  const isSource = /\.tsx?$/.test(path);
  if (!isSource && !path.endsWith(".md")) return [];
  const text = Deno.readTextFileSync(new URL(path, root));
  if (!isSource) return checkMarkdown(text);
  return checkSource(text, path.startsWith("tests/") ? "comments" : "all");
}

let count = 0;
for (const path of [...FILES, ...FOLDERS.flatMap((folder) => [...filesIn(folder)])]) {
  for (const { line, message } of check(path)) {
    console.error(`${path}:${line}: ${message}`);
    count++;
  }
}
if (count > 0) {
  console.error(`\nprose: ${count} lines to rewrite`);
  Deno.exit(1);
}
console.log("prose: ok");
