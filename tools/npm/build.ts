/**
 * Builds the package for npm in `npm/`: `deno task npm`. `npm publish ./npm` publishes it.
 *
 * Two builds of the same sources are equal, on every machine.
 */
import config from "../../deno.json" with { type: "json" };
import { bundle } from "./bundle.ts";
import { declarations } from "./declarations.ts";
import { packageJson } from "./package_json.ts";
import { type LinkTarget, withAbsoluteLinks } from "./readme.ts";
import { ROOT } from "./root.ts";

const OUT = new URL("npm/", ROOT);

/** The repository on GitHub, such as `owner/name`, where its workflow publishes the package. */
const REPOSITORY = Deno.env.get("GITHUB_REPOSITORY");

/** Modules that are started as threads. */
const THREADS = { worker_main: "src/workers/worker/worker_main.ts" };

/** Modules that do something when they are imported. */
const WITH_SIDE_EFFECTS = [
  "src/default_provider.ts",
  "src/cli/main.ts",
  THREADS.worker_main,
  "mod.ts",
];

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

async function write(path: string, text: string): Promise<void> {
  const file = new URL(path, OUT);
  await Deno.mkdir(new URL("./", file), { recursive: true });
  await Deno.writeTextFile(file, text);
}

/** Links lead to the repository if it is known, and otherwise to the files that JSR has. */
function linkTarget(): LinkTarget {
  const { name, version, publish } = config;
  if (REPOSITORY !== undefined) {
    return {
      files: `https://github.com/${REPOSITORY}/blob/v${version}/`,
      pictures: `https://raw.githubusercontent.com/${REPOSITORY}/v${version}/`,
      has: () => true,
    };
  }
  return {
    files: `https://jsr.io/${name}/${version}/`,
    has: (path) => publish.include.some((one) => path === one || path.startsWith(`${one}/`)),
  };
}

const builtName = (entry: string) => entry === "." ? "mod" : entry.slice(2);
const sources = Object.values(config.exports).map((path) => path.slice(2));
const bundled = await bundle({
  ...Object.fromEntries(
    Object.entries(config.exports).map(([entry, path]) => [builtName(entry), path.slice(2)]),
  ),
  ...THREADS,
});
const types = declarations(sources);

await Deno.mkdir(OUT, { recursive: true });
for (const { name } of Deno.readDirSync(OUT)) {
  await Deno.remove(new URL(name, OUT), { recursive: true });
}
for (const [name, text] of bundled.files) await write(`dist/${name}`, text);
for (const [path, text] of types.files) await write(`types/${path}`, text);
await write("bin/shoal.js", await read("tools/npm/shoal.js"));
for (const name of ["README.md", "CHANGELOG.md"]) {
  await write(name, withAbsoluteLinks(await read(name), linkTarget()));
}
await write("LICENSE", `${await read("LICENSE")}\n${await read("tools/npm/std_license.txt")}`);
const manifest = packageJson(config, {
  built: builtName,
  imports: [...bundled.imports, ...types.imports],
  repository: REPOSITORY,
  sideEffects: bundled.filesWith(WITH_SIDE_EFFECTS).map((name) => `./dist/${name}`),
});
await write("package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
console.log(`npm: ${bundled.files.size} modules and ${types.files.size} declarations in ./npm`);
