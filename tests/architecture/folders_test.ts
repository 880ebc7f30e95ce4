import { assertEquals } from "@std/assert";
import { dirname } from "node:path/posix";
import { filesIn, ROOT } from "./module_graph.ts";

/** A folder with more files is hard to survey. */
const MAX_FILES = 25;

Deno.test(`no folder of src has more than ${MAX_FILES} files`, () => {
  const folders = Map.groupBy(filesIn("src"), (path) => dirname(path));
  const large = [...folders].filter(([, { length }]) => length > MAX_FILES);
  assertEquals(large.map(([folder, { length }]) => `${folder}: ${length}`), []);
});

Deno.test("only helpers of public modules have names that begin with _", async () => {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const publicFolders = new Set(
    Object.values<string>(exports).map((path) => dirname(path.replace("./", ""))),
  );
  const files = filesIn("src").filter((path) => path.includes("/_"));
  assertEquals(files.filter((path) => !publicFolders.has(dirname(path))), []);
});

Deno.test("no file of src has JSX syntax, which JSR does not convert for npm", () => {
  assertEquals(filesIn("src").filter((path) => path.endsWith(".tsx")), []);
});
