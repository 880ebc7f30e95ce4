/** Reads the guides in `docs/`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the project. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** A block of code in a guide. */
export interface CodeBlock {
  /** The words after the fence, such as `sh` or `ts ignore`. */
  readonly info: string;
  /** The name of the file that it shows, from a line such as "`agents.ts`:" before it. */
  readonly file?: string;
  /** The code. */
  readonly code: string;
}

/** Returns the text of a document, by its path from the root. */
export function readDocument(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8").replaceAll("\r\n", "\n");
}

/** Returns the blocks of code in a text of Markdown. */
export function codeBlocksOf(markdown: string): readonly CodeBlock[] {
  const blocks = markdown.matchAll(/(?:^`([\w./-]+)`:\n\n)?^```([^\n]*)\n(.*?)^```$/gms);
  return [...blocks].map(([, file, info = "", code = ""]) => ({ info, file, code }));
}
