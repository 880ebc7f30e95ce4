import { assert, assertEquals } from "@std/assert";
import { isMeasured, measure } from "../../bench/measure/measure.ts";
import { createScratchFolder } from "../../bench/measure/scratch_folder.ts";

async function figures(file: string, name: string, options: object) {
  const outcome = await measure(file, name, options);
  assert(isMeasured(outcome));
  return outcome.extra;
}

Deno.test("cases/journal.ts: resumes a run from its journal", async () => {
  await using files = await createScratchFolder();
  const load = { n: 300, concurrency: 20, path: files.path("run.db") };
  const warm = { n: 10, concurrency: 5 };
  for (const name of ["none", "memory", "sqlite"]) {
    const { completed } = await figures("cases/journal.ts", name, { ...load, warm });
    assertEquals(completed, 300);
  }
  const { replayed, failed, firstMs, firstNewMs } = await figures("cases/journal.ts", "resume", {
    ...load,
    more: 25,
  });
  assertEquals([replayed, failed], [300, 0]);
  assert(firstMs! > 0 && firstNewMs! >= firstMs!, `${firstMs} ms, ${firstNewMs} ms`);
});

Deno.test("cases/cli.ts: a resumed run sends requests for new rows only", async () => {
  await using files = await createScratchFolder();
  const [input, output, dir] = ["rows.jsonl", "answers.jsonl", "runs"].map(files.path);
  const rows = Array.from({ length: 60 }, (_, i) => JSON.stringify({ text: `row ${i}` }) + "\n");
  await Deno.writeTextFile(input!, rows.join(""));
  const lines = async () => (await Deno.readTextFile(output!)).trimEnd().split("\n").length;
  const options = { input, output, dir, concurrency: 5 };
  const { heapMB10, heapMB100 } = await figures("cases/cli.ts", "run", { ...options, limit: 50 });
  assertEquals([await lines(), heapMB10! > 0, heapMB100! > 0], [50, true, true]);
  const { requests, firstNewMs } = await figures("cases/cli.ts", "resume", {
    ...options,
    limit: 60,
  });
  assertEquals([await lines(), requests, firstNewMs! > 0], [60, 10, true]);
});

Deno.test("createScratchFolder: disposing removes the files", async () => {
  let path: string;
  {
    await using files = await createScratchFolder();
    path = files.path("a");
    await Deno.writeTextFile(path, "x");
  }
  assertEquals(await Deno.stat(path).catch((error) => error.name), "NotFound");
});
