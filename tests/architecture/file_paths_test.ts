/** Checks that paths of files are right on Windows, too. */
import { assertEquals } from "@std/assert";
import { filesIn, ROOT } from "./module_graph.ts";

const FOLDERS = ["src", "tools", "tests", "bench", "examples"];

Deno.test("the path of a module is taken by fileURLToPath, not from its URL", async () => {
  const wrong: string[] = [];
  for (const path of FOLDERS.flatMap(filesIn)) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    // On Windows it would be /C:/folder/my%20file.ts.
    if (/,\s*import\.meta\.url,?\s*\)\.pathname/.test(text)) wrong.push(path);
  }
  assertEquals(wrong, []);
});
