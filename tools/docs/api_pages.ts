/** Pages of the public API: one for each entry and one for each symbol, as Markdown. */
import type { Api, ApiSymbol, Entry, Member, Tag } from "./api.ts";
import type { Page } from "./page.ts";
import { anchorOf, firstParagraph, resolveLinks, table } from "./markdown.ts";
import { optionsOf } from "./options_of.ts";
import { PACKAGE, REPOSITORY } from "./project.ts";

const KINDS: readonly { readonly kind: ApiSymbol["kind"]; readonly title: string }[] = [
  { kind: "function", title: "Functions" },
  { kind: "class", title: "Classes" },
  { kind: "interface", title: "Interfaces" },
  { kind: "typeAlias", title: "Types" },
];

const MEMBERS = [
  { kind: "constructor", title: "Constructor" },
  { kind: "property", title: "Properties" },
  { kind: "method", title: "Methods" },
] as const;

/** A link of the sidebar, with those below it. */
export interface SidebarItem {
  readonly text: string;
  /** A path, without its ending. */
  readonly link?: string;
  readonly items?: readonly SidebarItem[];
}

/** Returns the folder of an entry: the name of the package for its main entry. */
function folderOf(entry: string): string {
  return `api/${entry.split("/")[2] ?? entry.split("/")[1]}`;
}

/** Names that differ only in case share a page: on some file systems they are one name. */
function slugOf(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase();
}

const pathOf = ({ name, entry }: ApiSymbol) => `${folderOf(entry)}/${slugOf(name)}`;

/** Returns the pages of the public API. Links to sources are relative to the project. */
export function apiPages(api: Api): readonly Page[] {
  const pages = new Map<string, ApiSymbol[]>();
  for (const symbol of api.symbols.values()) {
    const path = pathOf(symbol);
    pages.set(path, [...pages.get(path) ?? [], symbol]);
  }
  return [
    { path: "api.md", text: overview(api) },
    ...api.entries.map((entry) => ({
      path: `${folderOf(entry.name)}.md`,
      text: entryPage(api, entry),
    })),
    ...[...pages].map(([path, symbols]) => ({
      path: `${path}.md`,
      text: symbolsPage(api, symbols.toSorted(byKind)),
    })),
  ];
}

function byKind(a: ApiSymbol, b: ApiSymbol): number {
  return KINDS.findIndex(({ kind }) => kind === a.kind) -
    KINDS.findIndex(({ kind }) => kind === b.kind);
}

/** Returns the sidebars of the API, by the path to which they belong. */
export function apiSidebars(api: Api): Readonly<Record<string, readonly SidebarItem[]>> {
  const entries = {
    text: "API",
    items: [
      { text: "All modules", link: "/api" },
      ...api.entries.map(({ name }) => ({ text: name, link: `/${folderOf(name)}` })),
    ],
  };
  return Object.fromEntries([
    ["/api", [entries]],
    ...api.entries.map((entry) => [
      `/${folderOf(entry.name)}`,
      [
        entries,
        ...groupsOf(api, entry).map(({ title, symbols }) => ({
          text: title,
          items: symbols.map((symbol) => ({ text: symbol.name, link: `/${pathOf(symbol)}` })),
        })),
      ],
    ]),
  ]);
}

/** Returns the exports of an entry by their kinds. */
function groupsOf(api: Api, entry: Entry) {
  const symbols = entry.exports.map((name) => api.symbols.get(name)!);
  return KINDS
    .map(({ kind, title }) => ({ title, symbols: symbols.filter((s) => s.kind === kind) }))
    .filter(({ symbols }) => symbols.length > 0);
}

function overview(api: Api): string {
  const rows = api.entries.map(({ name, doc }) => [
    `[\`${name}\`](/${folderOf(name)}.md)`,
    resolveLinks(firstParagraph(doc), linked(api)),
  ]);
  return paragraphs(
    "# API",
    `The modules of \`${PACKAGE.name}\`, with all that they export. Guides show how to use them.`,
    table(["module", "what it has"], rows),
  );
}

function entryPage(api: Api, entry: Entry): string {
  const groups = groupsOf(api, entry).map(({ title, symbols }) => {
    const rows = symbols.map((symbol) => [
      linked(api)(symbol.name),
      resolveLinks(firstParagraph(symbol.doc), linked(api)),
    ]);
    return `## ${title}\n\n${table(["name", "meaning"], rows)}`;
  });
  return paragraphs(
    `# ${entry.name}`,
    resolveLinks(entry.doc, linked(api)),
    ...examples(api, entry.tags, 2),
    ...groups,
  );
}

function symbolsPage(api: Api, symbols: readonly ApiSymbol[]): string {
  if (symbols.length === 1) return symbolSection(api, symbols[0]!, 1);
  return paragraphs(
    `# ${symbols.map(({ name }) => name).join(", ")}`,
    ...symbols.map((symbol) => symbolSection(api, symbol, 2)),
  );
}

const KIND_NAMES = {
  class: "Class",
  function: "Function",
  interface: "Interface",
  typeAlias: "Type",
} as const;

function symbolSection(api: Api, symbol: ApiSymbol, level: number): string {
  const heading = (text: string, below = 1) => `${"#".repeat(level + below)} ${text}`;
  const { name, kind, entry, file, text, doc, tags } = symbol;
  const groups = kind === "typeAlias" ? [] : MEMBERS.flatMap((group) => {
    const members = symbol.members.filter((member) => member.kind === group.kind);
    if (members.length === 0) return [];
    const sections = members.map((member) => memberSection(api, member, heading));
    return [heading(group.title), ...sections];
  });
  const inherited = inheritedList(api, symbol);
  return paragraphs(
    heading(name, 0),
    resolveLinks(doc, linked(api)),
    `\`\`\`ts\n${text}\n\`\`\``,
    `${KIND_NAMES[kind]} of [\`${entry}\`](/${folderOf(entry)}.md), in ` +
      `${REPOSITORY === undefined ? `\`${file}\`` : `[\`${file}\`](/../${file})`}.` +
      namedTypes(api, symbol),
    ...parameters(api, tags),
    ...throwsList(api, tags),
    ...examples(api, tags, level + 1),
    ...groups,
    ...(inherited.length === 0 ? [] : [heading("Inherited"), inherited.join("\n")]),
  );
}

function memberSection(
  api: Api,
  { name, kind, text, doc, tags, default: ofDefault }: Member,
  heading: (text: string, below?: number) => string,
): string {
  return paragraphs(
    heading(kind === "property" ? name : `${name}()`, 2),
    typeWithLinks(api, text),
    resolveLinks(doc, linked(api)),
    ofDefault === undefined ? "" : `Default: ${resolveLinks(ofDefault, linked(api))}`,
    ...parameters(api, tags),
    ...throwsList(api, tags),
    ...examples(api, tags, 4),
  );
}

/** Returns the members that come from other types: one item for each of these. */
function inheritedList(api: Api, symbol: ApiSymbol): readonly string[] {
  if (symbol.kind !== "interface") return [];
  const own = symbol.members.map(({ name }) => name);
  return symbol.bases.filter(({ name }) => api.symbols.has(name)).map(({ name, isIncluded }) => {
    const links = optionsOf(api, name)
      .filter(({ member }) => isIncluded(member.name) && !own.includes(member.name))
      .map(({ type, member }) =>
        `[\`${member.name}\`](${linkTo(api, type)}#${anchorOf(member.name)})`
      );
    return `- from ${linked(api)(name)}: ${links.join(", ")}`;
  });
}

/** Returns the public types that a declaration names, as links: code blocks have none. */
function namedTypes(api: Api, { name: own, text }: ApiSymbol): string {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const names = [...new Set(code.match(/\b[A-Z]\w+/g))].filter((name) =>
    name !== own && api.symbols.has(name)
  );
  return names.length === 0 ? "" : ` See ${names.map(linked(api)).join(", ")}.`;
}

function parameters(api: Api, tags: readonly Tag[]): readonly string[] {
  const items = tags.flatMap(({ kind, name, doc = "" }) => {
    const text = resolveLinks(indent(doc.trim()), linked(api));
    if (kind === "param") return [`- \`${name}\`: ${text}`];
    return kind === "return" ? [`- Returns ${text[0]?.toLowerCase()}${text.slice(1)}`] : [];
  });
  return items.length === 0 ? [] : [items.join("\n")];
}

function throwsList(api: Api, tags: readonly Tag[]): readonly string[] {
  const items = tags.filter(({ kind }) => kind === "throws").map(({ tsType, doc = "" }) => {
    const type = tsType === undefined ? "" : `${linked(api)(tsType.repr)}: `;
    return `- ${type}${resolveLinks(indent(doc.trim()), linked(api))}`;
  });
  return items.length === 0 ? [] : [`Throws:\n\n${items.join("\n")}`];
}

function examples(api: Api, tags: readonly Tag[], level: number): readonly string[] {
  return tags.filter(({ kind }) => kind === "example").map(({ doc = "" }) => {
    const [, title, body] = /^(.*)\n([\s\S]*)$/.exec(doc.trim()) ?? ["", "", doc];
    const isTitle = title !== "" && !title!.startsWith("```");
    const text = isTitle ? body! : doc.trim();
    const hashes = "#".repeat(level);
    return paragraphs(
      `${hashes} Example${isTitle ? `: ${title!.toLowerCase()}` : ""}`,
      resolveLinks(text, linked(api)),
    );
  });
}

/** Returns the code of a declaration, in which public types are links. */
function typeWithLinks(api: Api, text: string): string {
  const code = text.replaceAll(/\s*\/\*[\s\S]*?\*\/\s*/g, " ");
  return code.split(/\b([A-Z]\w+)/).reduce((pieces: string[], part, i) => {
    if (i % 2 === 1 && api.symbols.has(part)) pieces.push(linked(api)(part), "");
    else pieces.push((pieces.pop() ?? "") + part);
    return pieces;
  }, []).map((piece, i) => i % 2 === 1 || piece === "" ? piece : `\`${piece}\``).join("");
}

function linkTo(api: Api, name: string): string {
  return `/${pathOf(api.symbols.get(name)!)}.md`;
}

/** Returns a function that writes the name of a symbol, or `Symbol.member`, as code with a link. */
function linked(api: Api): (name: string) => string {
  return (name) => {
    const [symbol, member] = name.split(".");
    if (!api.symbols.has(symbol!)) return `\`${name}\``;
    if (member === undefined) return `[\`${name}\`](${linkTo(api, symbol!)})`;
    const declaring = optionsOf(api, symbol!).find((option) => option.member.name === member);
    return `[\`${name}\`](${linkTo(api, declaring?.type ?? symbol!)}#${anchorOf(member)})`;
  };
}

/** Indents all lines but the first, as an item of a list wants it. */
function indent(text: string): string {
  return text.replaceAll(/\n(?=.)/g, "\n  ");
}

function paragraphs(...texts: readonly string[]): string {
  return `${texts.map((text) => text.trim()).filter((text) => text !== "").join("\n\n")}\n`;
}
