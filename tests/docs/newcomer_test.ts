/**
 * Does what a newcomer does: clones the repository, and runs the commands of the README with an
 * empty cache. Deno and the packages come from the registry of npm.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "node:path";
import { outputOf, ROOT, runCommand } from "../packages/jsr/project.ts";

/** The time for the downloads and the demo, in milliseconds. */
const WITH_DOWNLOADS = 300_000;
/** The time for the demo alone. */
const AFTER_DOWNLOADS = 30_000;

/** A clone of the repository, with a cache of Deno of its own. */
interface Clone extends AsyncDisposable {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Returns the names of the packages in the cache. */
  packages(): Promise<readonly string[]>;
  /** Returns the size of the cache in bytes. */
  cacheSize(): Promise<number>;
}

/** Copies the files of the repository as they are now, without those that git ignores. */
async function clone(): Promise<Clone> {
  const folder = await Deno.makeTempDir({ prefix: "shoal-newcomer-" });
  const path = `${folder}/shoal`;
  const cache = `${folder}/cache`;
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = (await outputOf("git", list, { cwd: ROOT })).split("\0").filter((file) => file);
  for (const file of files) {
    await Deno.mkdir(dirname(`${path}/${file}`), { recursive: true });
    await Deno.copyFile(new URL(file, ROOT), `${path}/${file}`);
  }
  return {
    path,
    env: { DENO_DIR: cache },
    async packages() {
      const registries = await names(`${cache}/npm`);
      const found: string[] = [];
      for (const registry of registries) {
        for (const name of await names(`${cache}/npm/${registry}`)) {
          const scoped = name.startsWith("@")
            ? await names(`${cache}/npm/${registry}/${name}`)
            : [];
          found.push(...(name.startsWith("@") ? scoped.map((one) => `${name}/${one}`) : [name]));
        }
      }
      return found.sort();
    },
    cacheSize: () => sizeOf(cache),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function names(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) if (isDirectory) found.push(name);
  return found;
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    size += isDirectory ? await sizeOf(path) : (await Deno.lstat(path)).size;
  }
  return size;
}

/** Whether the registry of npm answers. */
async function hasRegistry(): Promise<boolean> {
  try {
    const view = ["view", "deno@2", "version", "--fetch-retries=0", "--fetch-timeout=10000"];
    return (await runCommand("npm", view, { cwd: ROOT, timeLimit: 30_000 })).code === 0;
  } catch {
    return false;
  }
}

Deno.test({
  name: "newcomer, if the registry of npm can be reached: the demo downloads only the library, " +
    "and ends within 30 seconds after the downloads",
  ignore: !await hasRegistry(),
  async fn() {
    const readme = await Deno.readTextFile(new URL("README.md", ROOT));
    const [, command] = /^npx (-y deno@2 task demo)\b/m.exec(readme)!;
    const args = command!.split(" ");
    await using here = await clone();
    const { path: cwd, env } = here;
    const lockBefore = await Deno.readTextFile(`${cwd}/deno.lock`);

    const first = await runCommand("npx", args, { cwd, env, timeLimit: WITH_DOWNLOADS });
    assertEquals(first.code, 0, first.stderr);
    assertMatch(first.stdout, /^reviews +353 ok, 0 failed$/m);
    const locked = Object.keys(JSON.parse(lockBefore).npm).map((key) =>
      key.slice(0, key.indexOf("@", 1))
    );
    const packages = await here.packages();
    assert(packages.includes("zod"), packages.join());
    assertEquals(packages.filter((name) => !locked.includes(name)), []);
    const megabytes = await here.cacheSize() / 1e6;
    assert(megabytes < 100, `the cache has ${megabytes.toFixed(0)} MB`);

    // Nothing is left to download.
    const again = await runCommand("npx", args, { cwd, env, timeLimit: AFTER_DOWNLOADS });
    assertEquals(again.code, 0, `it took more than 30 s, or failed:\n${again.stderr}`);
    const help = ["-y", "deno@2", "task", "shoal", "--help"];
    assertEquals((await runCommand("npx", help, { cwd, env })).code, 0);
    assertEquals(await here.packages(), packages);
    assertEquals(await Deno.readTextFile(`${cwd}/deno.lock`), lockBefore);
  },
});
