/** Imports modules of the runtime in several ways. */
import "./inner.ts";
import type { DatabaseSync } from "node:sqlite";
import { isIP } from "node:net";

export async function open(): Promise<DatabaseSync | undefined> {
  const { cpus } = await import("node:os");
  return isIP("") + cpus().length > 0 ? undefined : undefined;
}
