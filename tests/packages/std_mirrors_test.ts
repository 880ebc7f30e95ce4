/** Checks that the mirrors of std in `tools/std` have the sources of the versions they claim. */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import sources from "../../tools/std/sources.json" with { type: "json" };
import { sha256 } from "./jsr/registry.ts";
import { ROOT } from "./jsr/project.ts";

const MIRRORS = new URL("tools/std/", ROOT);
const LIBRARY = new URL("../", import.meta.resolve("npm:deno-std@1.4.0/async/pool.js"));
const packages: Record<string, { version: string; files: Record<string, string> }> =
  sources.packages;

/** Returns a file of the package on npm. */
function library(path: string): Promise<Uint8Array> {
  return Deno.readFile(new URL(path, LIBRARY));
}

Deno.test("each mirror claims the version whose sources it has", async () => {
  assertEquals(
    Object.keys(packages).sort(),
    config.links.map((path) => path.replace("./tools/std/", "@std/")).sort(),
  );
  for (const [name, { version }] of Object.entries(packages)) {
    const file = new URL(`${name.slice("@std/".length)}/deno.json`, MIRRORS);
    const mirror = JSON.parse(await Deno.readTextFile(file));
    assertEquals([mirror.name, mirror.version], [name, version]);
  }
});

Deno.test("the files on npm are those that were compared with std", async () => {
  for (const { files } of Object.values(packages)) {
    for (const [path, expected] of Object.entries(files)) {
      assertEquals(await sha256(await library(path)), expected, path);
    }
  }
});

Deno.test("the mirrors re-export only files that were compared with std", async () => {
  const compared = new Set(Object.values(packages).flatMap(({ files }) => Object.keys(files)));
  const seen = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    assert(compared.has(path), path);
    const text = new TextDecoder().decode(await library(path));
    // What other modules import of them is replaced by the copy of `channel.js`.
    if (path === "async/channel.js") return;
    for (const [, target] of text.matchAll(/^(?:import|export)[^"';]*?from\s+"(\.[^"]+)"/gm)) {
      await follow(new URL(target!, `file:///${path}`).pathname.slice(1));
    }
  };
  for (const name of Object.keys(packages)) {
    const folder = new URL(`${name.slice("@std/".length)}/`, MIRRORS);
    for (const { name: file } of Deno.readDirSync(folder)) {
      const text = await Deno.readTextFile(new URL(file, folder));
      for (const [, target] of text.matchAll(/npm:deno-std@1\.4\.0\/([^"]+)/g)) {
        await follow(target!);
      }
    }
  }
  assert(seen.has("async/pool.js") && seen.has("data_structures/deque.js"));
});

Deno.test("the copy of channel.js differs from the file on npm only in an import", async () => {
  const original = new TextDecoder().decode(await library("async/channel.js")).split("\n");
  const copy = (await Deno.readTextFile(new URL("async/channel.js", MIRRORS))).split("\n");
  const withoutNote = copy.filter((line) => !line.startsWith("// Copied from @std/async 1.5 "));
  const changed = original.filter((line, index) => line !== withoutNote[index]);
  assertEquals(changed, ['import { Deque } from "../data-structures/deque.js";']);
  assertEquals(withoutNote.length, original.length);
});
