import { assertEquals } from "@std/assert";
import { dirname } from "node:path/posix";
import { filesIn, ROOT } from "./module_graph.ts";

/** With more files than this, a folder is hard to take in. */
const MAX_FILES = 25;

Deno.test(`no folder of src has more than ${MAX_FILES} files`, () => {
  const folders = Map.groupBy(filesIn("src"), (path) => dirname(path));
  const large = [...folders].filter(([, { length }]) => length > MAX_FILES);
  assertEquals(large.map(([folder, { length }]) => `${folder}: ${length}`), []);
});

Deno.test("only a helper of a public module has a name that begins with _", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const publicFolders = new Set(
    Object.values<string>(exports).map((path) => dirname(path.replace("./", ""))),
  );
  const files = filesIn("src").filter((path) => path.includes("/_"));
  assertEquals(files.filter((path) => !publicFolders.has(dirname(path))), []);
});
