import { rename } from "node:fs/promises";
import process from "node:process";
import { hasCode } from "../cli_error.ts";

/** The waits before each further attempt, in milliseconds: 2.5 s in total. */
const WAITS_MS = [10, 20, 50, 100, 200, 400, 800, 920];

/** What {@linkcode renameFile} uses of the system. */
export interface RenameSystem {
  /** The platform, as in `process.platform`. */
  readonly platform: string;
  /** Renames a file, and replaces the target. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Resolves after this many milliseconds. */
  readonly wait: (ms: number) => Promise<unknown>;
}

const SYSTEM: RenameSystem = {
  platform: process.platform,
  rename,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * Replaces a file atomically by another one. On Windows this fails as long as another program, such
 * as a virus scanner, reads one of them: then it is tried again for a few seconds.
 */
export async function renameFile(
  from: string,
  to: string,
  { platform, rename, wait }: RenameSystem = SYSTEM,
): Promise<void> {
  const waits = platform === "win32" ? WAITS_MS : [];
  for (const ms of waits) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!hasCode(error, "EPERM", "EACCES", "EBUSY")) throw error;
    }
    await wait(ms);
  }
  await rename(from, to);
}
