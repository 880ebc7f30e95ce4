import { assertEquals, assertStringIncludes } from "@std/assert";
import { AGENTS, place, rowsOf, until } from "./helpers.ts";

const ROWS = 300;
const ARGS = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--provider-batch"];

Deno.test("--provider-batch sends rows by batch files, for half the price", async () => {
  await using here = await place({ batchLatency: 300, apiKey: "sk-secret-of-tests" });
  await here.write("in.jsonl", rowsOf(ROWS));
  const output = await here.shoal([...ARGS, "--poll", "100ms", "--meta"]);
  assertEquals(output.code, 0, output.err);
  const rows = await here.rows("o.jsonl");
  assertEquals(new Set(rows.map(({ id }) => id)).size, ROWS);
  assertEquals(rows.every(({ id, output }) => output === `said Review: row ${id}`), true);
  const { batchRequests, requests } = here.server.stats;
  assertEquals([batchRequests, requests < 20], [ROWS, true]);
  assertStringIncludes(output.err, "completed, 300 rows");
  const direct = await here.shoal(
    ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "d.jsonl", "--limit", "1", "--meta"],
  );
  assertEquals(direct.code, 0, direct.err);
  const [full] = await here.rows("d.jsonl");
  const half = rows.find(({ id }) => id === 0)!;
  assertEquals(Number(half._cost).toFixed(12), (Number(full!._cost) / 2).toFixed(12));
});

Deno.test("continues with the batches of a killed run, and sends nothing twice", async () => {
  await using here = await place({ batchLatency: 2_000 });
  await here.write("in.jsonl", rowsOf(ROWS));
  const args = [...ARGS, "--poll", "50ms", "-q", "--resume"];
  const child = here.spawn(args);
  await until(() => here.server.stats.batchRequests === ROWS);
  child.kill("SIGKILL");
  await child.output();
  const output = await here.shoal(args);
  assertEquals(output.code, 0, output.err);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.batchRequests], [
    ROWS,
    ROWS,
  ]);
});

Deno.test("retries rows that fail in a batch, and reports those that fail again", async () => {
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
  const output = await here.shoal([...ARGS, "--poll", "50ms", "-e", "e.jsonl", "-q"]);
  assertEquals(output.code, 1, output.err);
  assertEquals((await here.rows("o.jsonl")).length, 19);
  assertEquals((await here.rows("e.jsonl")).map(({ line, status }) => [line, status]), [[8, 400]]);
});

Deno.test("shoal retry sends the rows of a rejected batch again, and waits for a limit", async () => {
  await using here = await place({
    batchRejections: ["billing_hard_limit_reached", "token_limit_exceeded"],
  });
  await here.write("in.jsonl", rowsOf(20));
  const refused = await here.shoal([...ARGS, "--poll", "50ms", "--run", "r"]);
  assertEquals(refused.code, 1, refused.err);
  assertStringIncludes(refused.err, "billing_hard_limit_reached");
  const output = await here.shoal(["retry", "r"]);
  assertEquals(output.code, 0, output.err);
  assertStringIncludes(output.err, "the server has no room for it, sent again in 50 ms");
  assertEquals((await here.rows("o.jsonl")).length, 20);
  assertEquals(here.server.stats.batchRequests, 20);
});
