/** Builds the site in `site/`, and checks all links: `deno task docs`. */
import { build } from "vitepress";
import { checkLinks } from "./check_links.ts";
import { stage } from "./stage.ts";

try {
  await stage();
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
await build(import.meta.dirname);
const problems = await checkLinks();
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\ndocs: ${problems.length} broken links`);
  Deno.exit(1);
}
console.log("docs: site/index.html, all links lead somewhere");
// The threads of the build tools keep the process alive.
Deno.exit(0);
