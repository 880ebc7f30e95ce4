/**
 * Writes a copy of the sources and tests that Node and Bun can run: `.runtimes/node/` and
 * `.runtimes/bun/`. Files keep their paths and names, so that `import.meta.url`, child processes,
 * threads and fixtures work as on Deno.
 *
 * - A `package.json` replaces the import map for `@shoal/agents`, as in the published package.
 * - `.runtimes/node_modules` has the packages of `dev.lock`; `deno install` links them there.
 * - esbuild transforms each module for Node, which does not know `using` (22) nor all of
 *   TypeScript. Bun runs the sources as they are.
 * - `Deno.test` becomes the function of `harness.ts`. There is no global `Deno`, so that code that
 *   detects Deno does not find it.
 */
import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import type { RuntimeName } from "./find_runtime.ts";

/** The folder of the repository. */
export const ROOT: URL = new URL("../../", import.meta.url);
const CACHE = new URL(".runtimes/", ROOT);
const COPIED = ["docs", "examples", "src", "tests", "tools", "bench/results"];
const FILES = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "deno.json", "mod.ts"];
/** Folders of the site of the docs, which has packages and pages of its own. */
const NOT_COPIED = ["tools/site"];
const HARNESS = "tools/runtimes/harness.ts";
const STD = "npm:deno-std@1.4.0";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly exports: Readonly<Record<string, string>>;
}

async function readConfig(path: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));
}

/** Writes the tree of a runtime and returns its folder. */
export async function writeTree(runtime: RuntimeName): Promise<URL> {
  const config = await readConfig("deno.json");
  await install(config);
  const tree = new URL(`${runtime}/`, CACHE);
  await Deno.remove(tree, { recursive: true }).catch(() => {});
  await Deno.mkdir(tree, { recursive: true });
  const copy = async (path: string): Promise<void> => {
    const from = new URL(path, ROOT);
    const to = new URL(path, tree);
    await Deno.mkdir(new URL("./", to), { recursive: true });
    if (/\.tsx?$/.test(path) && !path.endsWith(".d.ts")) {
      await Deno.writeTextFile(to, await transform(path, await Deno.readTextFile(from), runtime));
    } else if (path.startsWith("tools/std/") && path.endsWith(".js")) {
      await Deno.writeTextFile(to, withoutSpecifiers(await Deno.readTextFile(from)));
    } else await Deno.copyFile(from, to);
  };
  try {
    const files = [...FILES, ...COPIED.flatMap((folder) => [...filesIn(folder)])];
    for (let i = 0; i < files.length; i += 50) {
      await Promise.all(files.slice(i, i + 50).map(copy));
    }
  } finally {
    await esbuild.stop();
  }
  await writeManifest(tree, "@shoal/agents", config.exports);
  for (const { name, isDirectory } of Deno.readDirSync(new URL("tools/std/", ROOT))) {
    if (isDirectory) await writeMirror(tree, name);
  }
  return tree;
}

/** Writes a package whose modules are those of a folder of `tools/std/`. */
async function writeMirror(tree: URL, name: string): Promise<void> {
  const { exports } = await readConfig(`tools/std/${name}/deno.json`);
  const folder = new URL(`node_modules/@std/${name}/`, tree);
  await Deno.mkdir(folder, { recursive: true });
  const targets = Object.entries(exports).map(([key, path]) => [key, `${path}.js`] as const);
  await writeManifest(folder, `@std/${name}`, Object.fromEntries(targets));
  for (const path of Object.values(exports)) {
    const code = `export * from "${new URL(`tools/std/${name}/${path}`, tree)}";`;
    await Deno.writeTextFile(new URL(`${path}.js`, folder), code);
  }
}

/** Links the packages of `dev.lock` into `.runtimes/node_modules`. */
async function install({ imports, scopes = {} }: Config): Promise<void> {
  await Deno.mkdir(CACHE, { recursive: true });
  const packages = [imports, ...Object.values(scopes)].flatMap((map) => Object.entries(map))
    .filter(([, target]) => target.startsWith("npm:"));
  const config = {
    nodeModulesDir: "auto",
    imports: { ...Object.fromEntries(packages), "deno-std": STD },
  };
  await Deno.writeTextFile(new URL("deno.json", CACHE), JSON.stringify(config));
  await Deno.copyFile(new URL("dev.lock", ROOT), new URL("deno.lock", CACHE));
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["install", "--quiet", "--frozen=false"],
    cwd: CACHE,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function writeManifest(
  folder: URL,
  name: string,
  exports: Readonly<Record<string, string>>,
): Promise<void> {
  const manifest = JSON.stringify({ name, type: "module", exports });
  await Deno.writeTextFile(new URL("package.json", folder), manifest);
}

async function transform(path: string, source: string, runtime: RuntimeName): Promise<string> {
  let code = withoutSpecifiers(source);
  // On the first line, so that the lines of the rest keep their numbers.
  if (path.startsWith("tests/") && /\bDeno\.test\b/.test(code)) {
    const harness = "../".repeat(path.split("/").length - 1) + HARNESS;
    code = `import { test as $test } from "${harness}"; ` +
      code.replace(/\bDeno\.test\b/g, "$test");
  }
  if (runtime === "bun") return code;
  const result = await esbuild.transform(code, {
    loader: path.endsWith("x") ? "tsx" : "ts",
    format: "esm",
    target: "node22",
    sourcemap: "inline",
    sourcesContent: false,
    sourcefile: fileURLToPath(new URL(path, ROOT)),
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
  });
  return result.code;
}

function withoutSpecifiers(source: string): string {
  return source.replaceAll(`"${STD}/`, '"deno-std/');
}

/** Yields the paths of all files in a folder, relative to the root. */
export function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    if (NOT_COPIED.includes(path)) continue;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}
