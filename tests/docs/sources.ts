/** Reads the source files of the package. */
import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "./guide.ts";

/** Returns the TypeScript files below a folder, by their paths from the root. */
export function sourcesIn(folder: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const entry of readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(entry)) continue;
    const path = `${folder}/${entry.replaceAll("\\", "/")}`;
    sources.set(path, readFileSync(`${ROOT}${path}`, "utf8"));
  }
  return sources;
}
