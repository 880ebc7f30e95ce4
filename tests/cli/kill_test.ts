/** Tests that a killed run loses nothing, pays for nothing twice, and writes each row once. */
import { sqliteJournal } from "@shoal/agents/journal";
import { assertEquals } from "@std/assert";
import { AGENTS, place, rowsOf, until } from "./helpers.ts";

const ROWS = 2_000;
const KILLS = 20;

/** Returns the rows that the journal of the run holds as finished. */
async function finished(folder: string): Promise<Set<string>> {
  const texts = new Set<string>();
  await using journal = sqliteJournal(`${folder}/journal.db`);
  for await (const { key, status } of journal.results("r")) {
    if (status === "ok") texts.add(`Review: row ${key}`);
  }
  return texts;
}

Deno.test("a run survives kill -9 at 20 random points", async () => {
  await using here = await place({ latency: { min: 1, max: 20 } });
  await here.write("in.jsonl", rowsOf(ROWS));
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "out.jsonl", "--run", "r"];
  const start = [...args, "--key", "id", "-c", "40", "-q", "--resume"];
  const points = Array.from({ length: KILLS }, () => 1 + Math.floor(Math.random() * (ROWS - 1)));
  const known = new Map<string, number>();
  let killed = 0;
  for (const point of points.sort((a, b) => a - b)) {
    const child = here.spawn(start);
    // If points are close together: kill after at least one new request.
    const target = Math.max(point, here.requestCounts.size + 1);
    await until(() => here.requestCounts.size >= Math.min(target, ROWS));
    child.kill("SIGKILL");
    const { signal } = await child.output();
    if (signal === "SIGKILL") killed++;
    await until(() => here.server.stats.inFlight === 0);
    for (const text of await finished(here.path(".shoal/r"))) {
      if (!known.has(text)) known.set(text, here.requestCounts.get(text)!);
    }
  }
  assertEquals(killed > KILLS / 2, true);
  const last = await here.shoal(start);
  assertEquals([last.code, last.err], [0, ""]);
  const rows = await here.rows("out.jsonl");
  assertEquals(rows.length, ROWS);
  assertEquals(new Set(rows.map(({ id }) => id)).size, ROWS);
  assertEquals(rows.every(({ id, output }) => output === `said Review: row ${id}`), true);
  // Rows that were recorded before a kill were never sent again.
  const again = [...known].filter(([text, times]) => here.requestCounts.get(text) !== times);
  assertEquals(again, []);
  assertEquals(known.size > ROWS / 4, true);
});
