import { assertEquals, assertStringIncludes } from "@std/assert";
import { AGENTS, place, rowsOf, until } from "./helpers.ts";

const ROWS = 300;
const ARGS = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--provider-batch"];

Deno.test("rows go by the provider's batch files, for half the price", async () => {
  await using here = await place({ batchLatency: 300, apiKey: "sk-secret-of-tests" });
  await here.write("in.jsonl", rowsOf(ROWS));
  const said = await here.shoal([...ARGS, "--poll", "100ms", "--meta"]);
  assertEquals(said.code, 0, said.err);
  const rows = await here.rows("o.jsonl");
  assertEquals(new Set(rows.map(({ id }) => id)).size, ROWS);
  assertEquals(rows.every(({ id, output }) => output === `said Review: row ${id}`), true);
  const { batchRequests, requests } = here.server.stats;
  assertEquals([batchRequests, requests < 20], [ROWS, true]);
  assertStringIncludes(said.err, "completed, 300 rows");
  const direct = await here.shoal(
    ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "d.jsonl", "--limit", "1", "--meta"],
  );
  assertEquals(direct.code, 0, direct.err);
  const [full] = await here.rows("d.jsonl");
  const half = rows.find(({ id }) => id === 0)!;
  assertEquals(Number(half._cost).toFixed(12), (Number(full!._cost) / 2).toFixed(12));
});

Deno.test("batches are found again after kill -9: nothing is sent twice", async () => {
  await using here = await place({ batchLatency: 2_000 });
  await here.write("in.jsonl", rowsOf(ROWS));
  const args = [...ARGS, "--poll", "50ms", "-q", "--resume"];
  const child = here.spawn(args);
  await until(() => here.server.stats.batchRequests === ROWS);
  child.kill("SIGKILL");
  await child.output();
  const said = await here.shoal(args);
  assertEquals(said.code, 0, said.err);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.batchRequests], [
    ROWS,
    ROWS,
  ]);
});

Deno.test("rows that fail in a batch are tried again in another, and told if that fails, too", async () => {
  const failed = new Set<string>();
  await using here = await place({
    script({ text }) {
      if (text.endsWith("row 7")) return "error400";
      if (!text.endsWith("row 5") || failed.has(text)) return undefined;
      failed.add(text);
      return "error500";
    },
  });
  await here.write("in.jsonl", rowsOf(20));
  const said = await here.shoal([...ARGS, "--poll", "50ms", "-e", "e.jsonl", "-q"]);
  assertEquals(said.code, 1, said.err);
  assertEquals((await here.rows("o.jsonl")).length, 19);
  assertEquals((await here.rows("e.jsonl")).map(({ line, status }) => [line, status]), [[8, 400]]);
});
