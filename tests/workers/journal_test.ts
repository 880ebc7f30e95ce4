import { batch, summarize } from "@shoal/agents";
import { memoryJournal } from "@shoal/agents/journal";
import { workers } from "@shoal/agents/workers";
import { assertEquals } from "@std/assert";
import { Waits } from "./agents.ts";

Deno.test("a run in a pool writes the journal here, and resumes with or without it", async () => {
  const journal = memoryJournal();
  const calls = [1, 2, 3].map((ms) => [Waits, { ms }, { key: String(ms) }] as const);
  const options = { journal, runId: "r" };
  {
    await using pool = workers({ module: new URL("./agents.ts", import.meta.url), size: 1 });
    const first = await batch(calls.slice(0, 2), { ...options, mode: pool });
    assertEquals(summarize(first).ok, 2);
    const results = await batch(calls, { ...options, mode: pool });
    assertEquals(results.map(({ ok, replayed }) => [ok, replayed]), [
      [true, true],
      [true, true],
      [true, false],
    ]);
  }
  assertEquals(summarize(await batch(calls, options)).replayed, 3);
});
