import { assertEquals } from "@std/assert";
import { filesIn, ROOT } from "./module_graph.ts";

/** Names that more than one file of `src` exports, each with the reason why. */
const SHARED_NAMES: Readonly<Record<string, string>> = {};

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) ([\w$]+)/gm;

/** Returns the names that are declared and exported in more than one file, with these files. */
async function sharedNames(): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>();
  for (const path of filesIn("src")) {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    // Overloads declare a name more than once.
    for (const name of new Set(text.matchAll(DECLARATION).map(([, name]) => name!))) {
      files.set(name, [...(files.get(name) ?? []), path]);
    }
  }
  return new Map([...files].filter(([, paths]) => paths.length > 1));
}

Deno.test("no two files of src export different things under one name", async () => {
  const shared = await sharedNames();
  const wrong = [...shared].filter(([name]) => !(name in SHARED_NAMES));
  assertEquals(wrong.map(([name, paths]) => `${name}: ${paths.join(", ")}`), []);
  assertEquals(Object.keys(SHARED_NAMES).filter((name) => !shared.has(name)), []);
});
