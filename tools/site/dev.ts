/** Serves the site while you write, and updates it when a guide changes: `deno task docs:dev`. */
import { createServer } from "vitepress";
import { ROOT } from "../docs/project.ts";
import { stage } from "./stage.ts";

const WATCHED = ["docs", "src", "CHANGELOG.md", "CONTRIBUTING.md"];

await report();
const server = await createServer(import.meta.dirname, { host: "127.0.0.1" });
await server.listen();
server.printUrls();

let timer: ReturnType<typeof setTimeout> | undefined;
for await (const _ of Deno.watchFs(WATCHED.map((path) => new URL(path, ROOT).pathname))) {
  // Editors write a file in several steps.
  clearTimeout(timer);
  timer = setTimeout(report, 200);
}

/** Writes the pages, and prints what is wrong with them. */
async function report(): Promise<void> {
  for (const problem of await stage()) console.error(problem);
}
