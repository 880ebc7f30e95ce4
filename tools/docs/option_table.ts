/** Tables of options. */
import type { Api } from "./api.ts";
import { boundsOf, typeOf } from "./bounds.ts";
import { optionsOf } from "./options_of.ts";
import { firstParagraph, resolveLinks, table } from "./markdown.ts";

const HEAD = ["option", "type", "default", "bounds", "meaning"] as const;

/** Types with these names have a table of their own, or rows in the table of their parent. */
const HAS_OPTIONS = /(?:Options|Limits|Settings|Price|Concurrency)$/;

/**
 * Returns the table of the options of a type.
 *
 * @param linkTo Returns the link to the table of another type; `undefined` if there is none.
 */
export async function optionTable(
  api: Api,
  type: string,
  linkTo: (type: string) => string | undefined,
): Promise<string> {
  const rows: string[][] = [];
  await addRows(type, "");
  return table(HEAD, rows);

  async function addRows(type: string, prefix: string): Promise<void> {
    for (const { type: declaring, member } of optionsOf(api, type)) {
      rows.push([
        `\`${prefix}${member.name}\``,
        typeCell(api, typeOf(member.text), linkTo),
        member.optional ? resolveLinks(member.default ?? "–", code) : "required",
        await boundsOf(type, member) ?? await boundsOf(declaring, member) ?? "–",
        resolveLinks(firstParagraph(member.doc), code),
      ]);
      for (const nested of namesIn(api, typeOf(member.text))) {
        if (!HAS_OPTIONS.test(nested) || linkTo(nested) !== undefined || prefix !== "") continue;
        if (optionsOf(api, nested).length > 0) await addRows(nested, `${member.name}.`);
      }
    }
  }
}

const code = (name: string) => `\`${name}\``;

/** Returns the public types that a type names. */
function namesIn(api: Api, type: string): readonly string[] {
  return [...new Set(type.match(/\b[A-Z]\w+/g))].filter((name) => api.symbols.has(name));
}

/** Returns a type as code. Types that have a table are links to it. */
function typeCell(
  api: Api,
  type: string,
  linkTo: (type: string) => string | undefined,
): string {
  const flat = type
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*\n/g, " ")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/([(<[]) | (?=[)>\]])|,(?= [)>\]])/g, "$1");
  const linked = namesIn(api, flat).filter((name) => linkTo(name) !== undefined);
  if (linked.length === 0) return code(flat);
  // Spaces between the pieces, as `deno fmt` puts some of them there.
  return flat.split(new RegExp(`\\b(${linked.join("|")})\\b`))
    .map((part, i) => i % 2 === 1 ? `[${code(part)}](${linkTo(part)})` : part.trim())
    .map((part, i) => i % 2 === 1 || part === "" ? part : code(part))
    .filter((part) => part !== "")
    .join(" ");
}
