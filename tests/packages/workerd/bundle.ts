/** Bundles Workers into one file, as wrangler does. */

const ROOT = new URL("../../../", import.meta.url);

/** Bundles a module and writes it to a file. The module may be outside the repository. */
export async function bundleWorker(entry: string, output: string): Promise<void> {
  const config = new URL("deno.json", ROOT).pathname;
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      "bundle",
      "--quiet",
      `--config=${config}`,
      "--platform=browser",
      "--format=esm",
      `--output=${output}`,
      entry,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
