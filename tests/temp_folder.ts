import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates a temporary folder, which the test removes, and returns its path. */
export function makeTempFolder(prefix = "shoal-", parent = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, prefix));
}
