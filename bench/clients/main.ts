/**
 * Those who call a server under test, in a process of their own, so that their work is not counted as the server's. Each line that comes
 * is a task as JSON; what came of it is printed as a line of JSON. It lives as long as the one who started it.
 */
import { linesOf } from "../measure/read_lines.ts";
import type { Task } from "./task.ts";

// Each is loaded only when it is wanted.
async function done({ kind, task }: Task): Promise<unknown> {
  switch (kind) {
    case "calls":
      return await (await import("./make_calls.ts")).calls(task);
    case "events":
      return await (await import("./read_streams.ts")).events(task, tell);
    case "leave":
      return await (await import("./disconnect.ts")).leave(task);
  }
}

function tell(what: unknown): void {
  console.log(JSON.stringify(what));
}

if (import.meta.main) {
  for await (const line of linesOf(Deno.stdin.readable)) tell(await done(JSON.parse(line)));
}
