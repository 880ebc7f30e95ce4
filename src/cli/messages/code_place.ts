import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { codeFrame } from "../../model/own_code.ts";

/**
 * Returns where the user's code threw, in the form ` (agents.ts:12:9)`; `""` if that is not known.
 * The path is relative to the working directory if the file is below it.
 */
export function codePlace(error: unknown): string {
  const frame = codeFrame(error);
  if (frame === undefined) return "";
  return ` (${showPath(frame.file)}:${frame.line}:${frame.column})`;
}

/** Returns the path of a file, relative to the working directory if the file is below it. */
export function showPath(file: string): string {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  if (!isAbsolute(path)) return path;
  const below = relative("", path);
  return below.startsWith("..") || isAbsolute(below) ? path : below;
}
