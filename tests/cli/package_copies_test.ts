/** Tests agents that were defined by another copy of the package than that of the command. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { AGENTS, place, rowsOf } from "./helpers.ts";
import { buildPackage } from "../runtimes/build_package.ts";

Deno.test("rejects agents of another copy, before anything is sent", async () => {
  await using here = await place();
  await using folder = await buildPackage();
  const copy = join(folder.path, "node_modules/@shoal/agents/dist/mod.js");
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "agents.ts",
    `import { defineAgent } from ${JSON.stringify(copy)};\n` +
      'export const A = defineAgent({ name: "a", model: "m", prompt: "{input}" });\n',
  );
  const { code, err } = await here.shoal(["run", "agents.ts", "-i", "in.jsonl", "--rpm", "5"]);
  assertEquals([code, here.server.stats.requests], [2, 0]);
  assertMatch(err, /^Cannot use agents\.ts as it imports another copy of @shoal\/agents than this/);
  assertMatch(err, /import jsr:@shoal\/agents@[\d.]+ there/);
});

Deno.test("runs an agent that the user has written, around one of this copy", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await here.write(
    "agents.js",
    `import { Sentiment } from ${JSON.stringify(AGENTS)};\n` +
      "const settle = (params, options) => Sentiment.settle(params, options);\n" +
      'export const own = { name: "own", settle };\n',
  );
  const { code, out, err } = await here.shoal(["run", "agents.js", "-i", "in.jsonl", "-q"]);
  assertEquals([code, out.includes("said Review: row 0")], [0, true], err);
});
