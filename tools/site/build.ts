/** Builds the site in `site/`, and checks all links and the spelling: `deno task docs`. */
import { build } from "vitepress";
import { checkLinks } from "./check_links.ts";
import { checkSpelling } from "./check_spelling.ts";
import { stage } from "./stage.ts";

await step("guides", stage);
await step("spelling", () => checkSpelling());
await build(import.meta.dirname);
await step("links", checkLinks);
console.log("docs: site/index.html");
// The threads of the build tools keep the process alive.
Deno.exit(0);

/** Runs a step, and ends the process if it finds problems. */
async function step(name: string, find: () => Promise<readonly string[]>): Promise<void> {
  const problems = await find();
  if (problems.length === 0) return;
  for (const problem of problems) console.error(problem);
  console.error(`\ndocs: ${problems.length} problems: ${name}`);
  Deno.exit(1);
}
