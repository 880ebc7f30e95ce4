import { fileURLToPath } from "node:url";
import { bundle } from "../../runtimes/bundle.ts";
import { run } from "../../runtimes/command.ts";
import type { Runtime } from "../../runtimes/runtimes.ts";
import type { Outcome, Task } from "./client.ts";

const CLIENT = fileURLToPath(new URL("./client.ts", import.meta.url));

let bundled: Promise<string> | undefined;

/** Writes the client with all its dependencies into one file, and returns its path. */
async function bundleClient(): Promise<string> {
  const folder = await Deno.makeTempDir();
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  await bundle([CLIENT], folder);
  return `${folder}/client.js`;
}

/**
 * Runs a client to its end.
 *
 * @throws {Error} If it does not end by itself within a minute, or prints anything else than its
 * outcome.
 */
export async function runClient(
  { path, name }: Runtime,
  task: Task,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const file = await (bundled ??= bundleClient());
  const { signal, out, err } = await run([path!, file, JSON.stringify(task)], {
    env: { NO_PROXY: "", HTTP_PROXY: "", HTTPS_PROXY: "", ...env },
  });
  // Bun logs it, although the error is handled.
  const errors = err.replace(/^Decompression error: .*\n/m, "");
  if (signal === "SIGKILL") throw new Error(`${name} did not end: ${out}${errors}`);
  if (errors !== "" || out.trim() === "") throw new Error(`${name} failed: ${out}${errors}`);
  return JSON.parse(out);
}
