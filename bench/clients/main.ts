/**
 * Those who call a server under test, in a process of their own, so that their work is not counted as the server's. Each line that comes
 * is a task as JSON; what came of it is printed as a line of JSON. It lives as long as the one who started it.
 */
import { readLines } from "../measure/read_lines.ts";
import type { Task } from "./task.ts";

// Each is loaded only when it is wanted.
async function runTask({ kind, task }: Task): Promise<unknown> {
  switch (kind) {
    case "calls":
      return await (await import("./make_calls.ts")).makeCalls(task);
    case "events":
      return await (await import("./read_streams.ts")).readStreams(task, printLine);
    case "leave":
      return await (await import("./disconnect.ts")).disconnect(task);
  }
}

function printLine(what: unknown): void {
  console.log(JSON.stringify(what));
}

if (import.meta.main) {
  for await (const line of readLines(Deno.stdin.readable)) printLine(await runTask(JSON.parse(line)));
}
