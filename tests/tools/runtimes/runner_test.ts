/** Tests the runner of the tests on Node and Bun, which must not miss failures. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { findRuntime } from "../../../tools/runtimes/find_runtime.ts";
import { entryNotRun, NEED_DENO } from "../../../tools/runtimes/not_run.ts";
import { runFile } from "../../../tools/runtimes/run_file.ts";
import { filesIn, ROOT } from "../../../tools/runtimes/write_tree.ts";
import { makeTempFolder } from "../../temp_folder.ts";

Deno.test("the list of tests that need Deno names files and folders that exist", () => {
  const files = [...filesIn("tests")].filter((file) => file.endsWith("_test.ts"));
  const entries = files.map(entryNotRun).filter((entry) => entry !== undefined);
  assertEquals([...new Set(entries)].sort(), Object.keys(NEED_DENO).sort());
  for (const reason of Object.values(NEED_DENO)) assert(reason.length > 10, reason);
  assertEquals(entryNotRun("tests/types/inference_test.ts"), "tests/types/");
  assertEquals(entryNotRun("tests/hono/runtimes/adapters_test.ts"), "tests/*/runtimes/");
  assertEquals(entryNotRun("tests/run/runtimes_test.ts"), undefined);
});

for (const name of ["node", "bun"] as const) {
  const variable = `SHOAL_${name.toUpperCase()}`;
  const ignore = !Deno.env.get(variable);
  const title = `${name}${ignore ? ` (not found: set ${variable} to its path)` : ""}`;
  const run = async (file: string) => {
    const folder = await makeTempFolder();
    try {
      const cache = pathToFileURL(`${folder}/`);
      return await runFile(await findRuntime(name), ROOT, `tests/tools/runtimes/${file}`, cache);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  Deno.test(
    { name: `runner: counts what passes, fails and is ignored on ${title}`, ignore },
    async () => {
      const { passed, ignored, failed } = await run("cases.ts");
      assertEquals(failed.map(({ name }) => name), [
        "fails",
        "fails in a step",
        "rejects elsewhere",
        "throws elsewhere",
      ]);
      assertEquals([passed, ignored], [4, ["is ignored"]]);
      assertStringIncludes(failed[0]!.error, "the reason");
      assertStringIncludes(failed[0]!.error, "tests/tools/runtimes/cases.ts:");
      assertStringIncludes(failed[2]!.error, "nobody waits");
    },
  );

  Deno.test({ name: `runner: a test that never settles fails on ${title}`, ignore }, async () => {
    const { passed, failed } = await run("stuck.ts");
    assertEquals([passed, failed.map(({ name }) => name)], [1, ["never settles"]]);
  });

  Deno.test({ name: `runner: a process that does not end fails on ${title}`, ignore }, async () => {
    const { passed, failed } = await run("leak.ts");
    assertEquals([passed, failed.length], [1, 1]);
    assertStringIncludes(failed[0]!.error, "does not end by itself");
  });
}
