import process from "node:process";
import { runtimeOf } from "./runtime.ts";

/**
 * Maps the places in stacks to the sources of compiled files, if they have source maps. Deno and
 * Bun do that by themselves.
 */
export function mapSources(): void {
  if (runtimeOf() === "node") process.setSourceMapsEnabled(true);
}
