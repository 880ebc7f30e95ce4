/** Bundles the library as a package for Node and Bun, for tests that run there. */
import { bundle } from "./bundle.ts";

const ROOT = new URL("../../", import.meta.url);

/** The modules of the package, by their names. `worker_main` is the entry file of workers. */
const MODULES = {
  mod: "mod.ts",
  cli: "src/cli/main.ts",
  journal: "src/journal/mod.ts",
  openai: "src/providers/openai/openai.ts",
  testing: "src/testing/mod.ts",
  workers: "src/workers/workers.ts",
  worker_main: "src/workers/worker/worker_main.ts",
};

/** A folder in which `@shoal/agents` is installed. */
export interface PackageFolder extends AsyncDisposable {
  /** The path of the folder. */
  readonly path: string;
  /** Copies files into the folder. */
  add(...files: readonly URL[]): Promise<void>;
  /** Writes a file, and the folders above it. */
  write(path: string, text: string): Promise<void>;
}

/** Makes a folder in which `@shoal/agents` is installed. It is removed on disposal. */
export async function buildPackage(): Promise<PackageFolder> {
  const path = await Deno.makeTempDir();
  const write = async (name: string, text: string): Promise<void> => {
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  };
  const home = "node_modules/@shoal/agents";
  await bundleModules(`${path}/${home}`);
  const entries = Object.keys(MODULES).map((name) =>
    [name === "mod" ? "." : `./${name}`, `./dist/${name}.js`] as const
  );
  const exports = Object.fromEntries(entries);
  await write(
    `${home}/package.json`,
    JSON.stringify({ name: "@shoal/agents", type: "module", exports }),
  );
  await write("package.json", JSON.stringify({ type: "module" }));
  return {
    path,
    write,
    async add(...files) {
      for (const file of files) {
        await Deno.copyFile(file, `${path}/${file.pathname.split("/").at(-1)}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Writes the modules into `dist`. */
async function bundleModules(folder: string): Promise<void> {
  const entries: string[] = [];
  await Deno.mkdir(`${folder}/entries`, { recursive: true });
  for (const [name, path] of Object.entries(MODULES)) {
    const entry = `${folder}/entries/${name}.ts`;
    await Deno.writeTextFile(entry, `export * from ${JSON.stringify(new URL(path, ROOT))};`);
    entries.push(entry);
  }
  await bundle(entries, `${folder}/dist`, { sharesChunks: true });
}
