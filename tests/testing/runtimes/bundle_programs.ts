/** Bundles programs for runtimes without TypeScript and `deno.json`. */
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/** Bundles the programs of this folder into another one, each into `NAME.js`. */
export async function bundlePrograms(folder: string, names: readonly string[]): Promise<void> {
  const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
  await runDeno(
    "bundle",
    "--quiet",
    "--platform=deno",
    "--format=esm",
    `--outdir=${folder}`,
    ...names.map((name) => path(`${name}.ts`)),
  );
  await runDeno("run", "-A", "--quiet", path("../../runtimes/lower_using.ts"), folder);
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ type: "module" }));
}

async function runDeno(...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
