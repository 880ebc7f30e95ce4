/**
 * Clients of a server under test, in a process of their own, so that their CPU time is not counted
 * as the server's. Reads tasks from stdin and writes their results to stdout, each as a line of
 * JSON. Ends when stdin ends.
 */
import { readLines } from "../measure/read_lines.ts";
import type { Task } from "./task.ts";

// Each module is imported only when a task needs it.
async function runTask({ kind, task }: Task): Promise<unknown> {
  switch (kind) {
    case "calls":
      return await (await import("./make_calls.ts")).makeCalls(task);
    case "streams":
      return await (await import("./read_streams.ts")).readStreams(task, printLine);
    case "disconnect":
      return await (await import("./disconnect.ts")).disconnect(task);
  }
}

function printLine(value: unknown): void {
  console.log(JSON.stringify(value));
}

if (import.meta.main) {
  for await (const line of readLines(Deno.stdin.readable)) {
    printLine(await runTask(JSON.parse(line)));
  }
}
