/** Reads the catalogue of codes and messages in `docs/troubleshooting.md`. */
import { readDocument } from "./guide.ts";

/** The path of the catalogue. */
export const CATALOGUE = "docs/troubleshooting.md";

/** Returns the text below a heading, until the next one of its level or above. */
export function sectionOf(heading: string): string {
  const lines = readDocument(CATALOGUE).split("\n");
  const start = lines.findIndex((line) => /^##+ /.test(line) && titleOf(line) === heading);
  if (start < 0) throw new Error(`Cannot find the section "${heading}" in ${CATALOGUE}`);
  const level = lines[start]!.indexOf(" ");
  const end = lines.findIndex((line, i) => i > start && new RegExp(`^#{1,${level}} `).test(line));
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
}

function titleOf(line: string): string {
  return line.replace(/^#+ /, "").replaceAll("`", "");
}

/** An entry of the catalogue. */
export interface Entry {
  /** The code or the message. */
  readonly name: string;
  /** What it means, and what to do. */
  readonly text: string;
}

/** Returns the entries of a section: items that begin with code, and headings that are a code. */
export function entriesOf(section: string): readonly Entry[] {
  const entries = section.matchAll(
    /^(?:- (`+)(.+?)\1(?!`)(.*?)(?=\n- |\n\n|$(?![^]))|### `(\w+)`$(.*?)(?=\n### |$(?![^])))/gms,
  );
  return [...entries].map(([, , item, itemText = "", code, codeText = ""]) =>
    item === undefined
      ? { name: code!, text: codeText.trim() }
      : { name: item.replaceAll(/\s+/g, " ").trim(), text: itemText.trim() }
  );
}
