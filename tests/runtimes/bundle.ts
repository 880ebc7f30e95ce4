import { fileURLToPath } from "node:url";
import { mustRun } from "./command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How {@linkcode bundle} writes modules. */
export interface BundleOptions {
  /**
   * The platform: browsers have no `node:` modules but those that are imported by that name.
   *
   * @default {"deno"}
   */
  readonly platform?: "deno" | "browser";
  /** Whether the modules share chunks. By default, each has a copy of its dependencies. */
  readonly sharesChunks?: boolean;
  /** Whether `using` stays as it is. By default it is lowered for Node 22, which lacks it. */
  readonly keepsUsing?: boolean;
}

/**
 * Bundles each module with its dependencies into `NAME.js` in a folder, for runtimes without
 * `deno.json`. The modules may be outside the repository.
 */
export async function bundle(
  modules: readonly string[],
  folder: string,
  { platform = "deno", sharesChunks = false, keepsUsing = false }: BundleOptions = {},
): Promise<void> {
  const options = { cwd: ROOT, timeout: 120_000 };
  await mustRun([
    "deno",
    "bundle",
    "--quiet",
    "--config=deno.json",
    "--lock=dev.lock",
    "--format=esm",
    `--platform=${platform}`,
    ...(sharesChunks ? ["--code-splitting"] : []),
    `--outdir=${folder}`,
    ...modules,
  ], options);
  if (!keepsUsing) {
    await mustRun(
      ["deno", "run", "--lock=dev.lock", "-A", "--quiet", "tests/runtimes/lower_using.ts", folder],
      options,
    );
  }
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ type: "module" }));
}
