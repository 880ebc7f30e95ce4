/**
 * Runs whose rows come from a pipe. The same command may get other rows each time, so each start is
 * a run of its own: `stdin-3f9a1c`, `stdin-3f9a1c-2` and so on.
 */
import { readdir, stat } from "node:fs/promises";
import { RunFolder } from "./run_folder.ts";

/** Whether an input can be read only once: the standard input, a named pipe, or a descriptor. */
export async function isPipe(path: string): Promise<boolean> {
  if (path === "-" || /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/.test(path)) return true;
  try {
    const info = await stat(path);
    return !info.isFile() && !info.isDirectory();
  } catch {
    // That is reported when it is opened.
    return false;
  }
}

/**
 * Returns the folder of the last run of a command, and that of its next one.
 *
 * @param name The name of the first run.
 */
export async function findPipeRuns(
  dir: string,
  name: string,
): Promise<{ readonly last: RunFolder | undefined; readonly next: RunFolder }> {
  const names = await readdir(dir).catch(() => []);
  const numbers = names.map((one) => numberOf(one, name)).filter((number) => number > 0);
  const last = Math.max(0, ...numbers);
  const folder = (number: number) => new RunFolder(dir, number === 1 ? name : `${name}-${number}`);
  return { last: last === 0 ? undefined : folder(last), next: folder(last + 1) };
}

/** Returns 1 for the name, 2 for the name with `-2`, and 0 for other names. */
function numberOf(one: string, name: string): number {
  if (one === name) return 1;
  const suffix = one.startsWith(`${name}-`) ? one.slice(name.length + 1) : "";
  return /^[1-9]\d*$/.test(suffix) ? Number(suffix) : 0;
}
