import type { ScratchFolder } from "./scratch_folder.ts";
import type { Outcome } from "./measure.ts";

const ROOT = new URL("../../", import.meta.url);

/** Writes a script with its dependencies into one file for other runtimes, and returns its path. */
export async function bundleScript(script: URL, folder: ScratchFolder): Promise<string> {
  const path = folder.path("script.mjs");
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      "bundle",
      "--lock=dev.lock",
      "--quiet",
      "--platform=deno",
      "--format=esm",
      `--output=${path}`,
      script.pathname,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return path;
}

/**
 * Runs a case of a bundled script in a process of another runtime, until it prints its measurement.
 * A failure is logged to stderr and does not end the bench.
 *
 * @param command The executable and its arguments.
 */
export async function measureOn(
  [executable, ...args]: readonly [string, ...string[]],
  name: string,
  options: object,
): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(executable, {
    args: [...args, name, JSON.stringify(options)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  console.error(`${executable}, ${name}, failed:\n${new TextDecoder().decode(stderr)}`);
  return { stopped: "failed" };
}
