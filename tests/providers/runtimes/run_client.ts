import * as esbuild from "esbuild";
import { fileURLToPath } from "node:url";
import { findRuntimes, type Runtime } from "../../hono/runtimes/runtimes.ts";
import type { Outcome, Task } from "./client.ts";

/** The runtimes that the provider supports. */
export const RUNTIMES: readonly Runtime[] = (await findRuntimes())
  .filter(({ name }) => !/^Node (1\d|20|21)\./.test(name));

const CLIENT = fileURLToPath(new URL("./client.ts", import.meta.url));

let bundled: Promise<string> | undefined;

/** Writes the client with all its dependencies into one file, and returns its path. */
async function bundleClient(): Promise<string> {
  const folder = await Deno.makeTempDir();
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const path = `${folder}/client.mjs`;
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--quiet", "--platform=deno", "--format=esm", `--output=${path}`, CLIENT],
    cwd: new URL("../../../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  try {
    // Node 22 has no `using`.
    const source = await Deno.readTextFile(path);
    const { code } = await esbuild.transform(source, { target: "node22", format: "esm" });
    await Deno.writeTextFile(path, code);
  } finally {
    await esbuild.stop();
  }
  return path;
}

/** The milliseconds within which a client must have ended. */
const LIMIT_MS = 60_000;

/**
 * Runs a client to its end.
 *
 * @throws {Error} If it does not end by itself, or prints anything else than its outcome.
 */
export async function runClient(
  { path, name }: Runtime,
  task: Task,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const file = await (bundled ??= bundleClient());
  const process = new Deno.Command(path!, {
    args: [file, JSON.stringify(task)],
    env: { NO_PROXY: "", HTTP_PROXY: "", HTTPS_PROXY: "", ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), LIMIT_MS);
  const { signal, stdout, stderr } = await process.output();
  clearTimeout(timer);
  const output = new TextDecoder().decode(stdout);
  // Bun logs it, although the error is handled.
  const errors = new TextDecoder().decode(stderr).replace(/^Decompression error: .*\n/m, "");
  if (signal === "SIGKILL") throw new Error(`${name} did not end: ${output}${errors}`);
  if (errors !== "" || output.trim() === "") throw new Error(`${name} failed: ${output}${errors}`);
  return JSON.parse(output);
}
