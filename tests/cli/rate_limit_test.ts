/** Tests of runs whose server asks for a long wait, or whose quota is used up. */
import type { SimulatorFaultDetails } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { AGENTS, place, rowsOf } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--run", "r"];

Deno.test("a run stops when the server asks for a long wait, and loses no row when resumed", async () => {
  let fault: SimulatorFaultDetails | undefined;
  await using here = await place({
    script: (_, n) => n >= 100 ? fault : undefined,
    latency: 1,
  });
  fault = { type: "rateLimit", retryAfterMs: 8 * 3_600_000 + 12 * 60_000 };
  await here.write("in.jsonl", rowsOf(500));
  const stopped = await here.shoal([...RUN, "--errors", "e.jsonl"]);
  assertEquals(stopped.code, 3, stopped.err);
  assertMatch(stopped.err, /the server asks to wait.*To continue in 8 h 12 m: shoal resume r/);
  assertEquals(await here.read("e.jsonl"), "", "no row is used up");
  // Those in flight when the first rejection came, and no other.
  const { requests } = here.server.stats;
  assert(requests >= 100 && requests <= 110, `${requests} requests`);
  assertEquals((await here.rows("o.jsonl")).length, 100);

  fault = undefined;
  const resumed = await here.shoal(["resume", "r"]);
  assertEquals(resumed.code, 0, resumed.err);
  assertEquals((await here.rows("o.jsonl")).length, 500);
});

Deno.test("a run stops when a quota is used up in the middle", async () => {
  await using here = await place({
    script: (_, n) => n >= 100 ? "insufficientQuota" : undefined,
    latency: 1,
  });
  await here.write("in.jsonl", rowsOf(500));
  const stopped = await here.shoal(RUN);
  assertEquals(stopped.code, 3, stopped.err);
  assertMatch(stopped.err, /shoal retry r/);
  const { requests } = here.server.stats;
  assert(requests >= 120 && requests <= 140, `${requests} requests`);
});
