import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";

/**
 * Whether two paths are those of one file, which may not exist yet. Links and the case of letters
 * do not hide it.
 */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (foldCase(resolve(a)) === foldCase(resolve(b))) return true;
  try {
    const [one, other] = await Promise.all([a, b].map((path) => stat(path, { bigint: true })));
    // Devices such as /dev/null may be used twice. Some file systems have no inode numbers.
    return one!.isFile() && one!.ino !== 0n && one!.ino === other!.ino && one!.dev === other!.dev;
  } catch {
    // One of them does not exist.
    return false;
  }
}

/** Returns the path as systems compare it that usually ignore the case of letters. */
function foldCase(path: string): string {
  return process.platform === "win32" || process.platform === "darwin"
    ? path.normalize("NFC").toLowerCase()
    : path;
}
