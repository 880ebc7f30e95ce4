/** Bundles the package for runtimes without `deno.json`, as an installed package. */
import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ENTRIES = {
  ".": "mod.ts",
  "./cli": "src/cli/main.ts",
  "./openai": "src/providers/openai/openai.ts",
  "./testing": "src/testing/mod.ts",
};

/** An installed package. */
export interface Installed {
  /** The folder with its `node_modules`. */
  readonly folder: string;
  /** The file that starts the command line. */
  readonly main: string;
}

/** Installs the package into a folder. Its modules are bundled, with a chunk for each command. */
export async function install(folder: string): Promise<Installed> {
  const home = join(folder, "node_modules", "@shoal", "agents");
  const entries = Object.values(ENTRIES);
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--platform=deno", "--format=esm", "--code-splitting"],
      ...[`--outdir=${home}`, ...entries],
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const built = (path: string) => `./${path.replace(/ts$/, "js")}`;
  await Deno.writeTextFile(
    join(home, "package.json"),
    JSON.stringify({
      name: "@shoal/agents",
      type: "module",
      exports: Object.fromEntries(Object.entries(ENTRIES).map(([key, path]) => [key, built(path)])),
    }),
  );
  try {
    await lowerAll(home);
  } finally {
    await esbuild.stop();
  }
  const main = join(home, "shoal.mjs");
  await Deno.writeTextFile(
    main,
    `import { main } from "${built(ENTRIES["./cli"])}"; await main();`,
  );
  return { folder, main };
}

/** Compiles `using`, which Node 22 does not know. */
async function lowerAll(folder: string): Promise<void> {
  for (const { name, isDirectory } of [...Deno.readDirSync(folder)]) {
    const path = join(folder, name);
    if (isDirectory) await lowerAll(path);
    if (!name.endsWith(".js")) continue;
    const { code } = await esbuild.transform(await Deno.readTextFile(path), {
      target: "node22",
      format: "esm",
    });
    await Deno.writeTextFile(path, code);
  }
}
