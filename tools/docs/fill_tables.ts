/** Fills the tables of options and flags in Markdown. */
import type { Api } from "./api.ts";
import { flagTable } from "./flag_table.ts";
import { anchorOf, linkBetween } from "./markdown.ts";
import { optionTable } from "./option_table.ts";
import type { Page } from "./page.ts";

const MARKER = /^<!-- (options|flags): (\S+) -->$[\s\S]*?^<!-- end of \1 -->$/gm;

/** Returns the pages with their tables. */
export async function fillTables(api: Api, pages: readonly Page[]): Promise<readonly Page[]> {
  const places = tablePlaces(pages);
  const filled: Page[] = [];
  for (const page of pages) {
    const tables = new Map<string, string>();
    for (const [marker, kind, name] of page.text.matchAll(MARKER)) {
      const linkTo = (type: string) => {
        const place = places.get(type);
        return place === undefined ? undefined : linkBetween(page.path, place);
      };
      const table = kind === "flags"
        ? flagTable(name!)
        : await optionTable(api, name!, (type) => type === name ? undefined : linkTo(type));
      tables.set(marker, `<!-- ${kind}: ${name} -->\n\n${table}\n\n<!-- end of ${kind} -->`);
    }
    filled.push({ ...page, text: page.text.replaceAll(MARKER, (marker) => tables.get(marker)!) });
  }
  return filled;
}

/** Returns where the table of each type is: a path with the anchor of its heading. */
function tablePlaces(pages: readonly Page[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const { path, text } of pages) {
    for (const { 1: kind, 2: name, index } of text.matchAll(MARKER)) {
      if (kind !== "options" || places.has(name!)) continue;
      const before = text.slice(0, index).replaceAll(/^```[\s\S]*?^```/gm, "");
      const heading = [...before.matchAll(/^#{2,} (.+)$/gm)].at(-1)?.[1];
      places.set(name!, heading === undefined ? path : `${path}#${anchorOf(heading)}`);
    }
  }
  return places;
}
