/**
 * Writes the tables of options and flags in `docs/`: `deno task docs:tables`. With `--check` it
 * writes nothing, and fails if a table is not up to date.
 */
import { readApi } from "./api.ts";
import { fillTables } from "./fill_tables.ts";
import type { Page } from "./page.ts";
import { guideFiles } from "./guides.ts";
import { ROOT } from "./project.ts";

const isCheck = Deno.args.includes("--check");
const pages = guideFiles().map((guide): Page => {
  const path = `docs/${guide}.md`;
  return { path, text: Deno.readTextFileSync(new URL(path, ROOT)) };
});
const filled = await fillTables(await readApi(), pages);
const stale: string[] = [];
for (const [i, { path, text }] of filled.entries()) {
  if (text === pages[i]!.text) continue;
  const formatted = await format(text);
  if (formatted === pages[i]!.text) continue;
  stale.push(path);
  if (!isCheck) Deno.writeTextFileSync(new URL(path, ROOT), formatted);
}
if (isCheck && stale.length > 0) {
  console.error(`The tables in ${stale.join(", ")} are not up to date: run deno task docs:tables`);
  Deno.exit(1);
}
console.log(`tables: ${stale.length === 0 ? "up to date" : `written in ${stale.join(", ")}`}`);

/** Returns the text as `deno fmt` wants it: it aligns the columns. */
async function format(text: string): Promise<string> {
  const child = new Deno.Command("deno", {
    args: ["fmt", "--ext", "md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}
