/** Reads the public API: from `deno doc --json`, and texts that it cuts off from the sources. */
import { declarationText } from "./declaration_text.ts";
import { defaultOf, docComment } from "./doc_comment.ts";
import { ENTRIES, ROOT } from "./project.ts";

/** A tag of a doc comment. */
export interface Tag {
  readonly kind: string;
  readonly name?: string;
  /** Markdown. */
  readonly doc?: string;
  /** The type of a thrown error. */
  readonly tsType?: { readonly repr: string };
}

/** A property or a method. */
export interface Member {
  readonly name: string;
  readonly kind: "constructor" | "property" | "method";
  /** The declaration as in the source, without its body. */
  readonly text: string;
  readonly optional: boolean;
  /** Markdown. */
  readonly doc: string;
  readonly tags: readonly Tag[];
  /** The default as Markdown. */
  readonly default?: string;
}

/** What an interface extends: all members of a type, or some of them. */
export interface Base {
  readonly name: string;
  readonly isIncluded: (member: string) => boolean;
}

/** A public symbol. */
export interface ApiSymbol {
  readonly name: string;
  /** The name of the first entry that exports it. */
  readonly entry: string;
  readonly kind: "class" | "function" | "interface" | "typeAlias";
  /** The path of its file. */
  readonly file: string;
  /** The declaration as in the source, without its body. */
  readonly text: string;
  /** Markdown. */
  readonly doc: string;
  readonly tags: readonly Tag[];
  readonly bases: readonly Base[];
  readonly members: readonly Member[];
}

/** A module that users import. */
export interface Entry {
  readonly name: string;
  /** Markdown. */
  readonly doc: string;
  readonly tags: readonly Tag[];
  /** The names of what it exports. */
  readonly exports: readonly string[];
}

/** The public API. No two symbols have the same name. */
export interface Api {
  readonly entries: readonly Entry[];
  readonly symbols: ReadonlyMap<string, ApiSymbol>;
}

interface Doc {
  readonly doc?: string;
  readonly tags?: readonly Tag[];
}

interface Type {
  readonly kind: string;
  readonly repr?: string;
  // deno-lint-ignore no-explicit-any -- its form depends on the kind
  readonly value: any;
}

interface MemberNode {
  readonly name: string;
  readonly jsDoc?: Doc;
  readonly optional?: boolean;
  readonly location: Location;
  readonly tsType?: Type;
}

interface Location {
  readonly filename: string;
  readonly line: number;
  readonly col: number;
}

interface Members {
  readonly constructors?: readonly MemberNode[];
  readonly properties?: readonly MemberNode[];
  readonly methods?: readonly MemberNode[];
}

interface Declaration {
  readonly kind: ApiSymbol["kind"] | "reference";
  readonly location: Location;
  readonly jsDoc?: Doc;
  readonly def: Members & { readonly extends?: readonly Type[]; readonly tsType?: Type };
}

interface Module {
  readonly module_doc?: Doc;
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
}

/** Reads the public API. */
export async function readApi(): Promise<Api> {
  const modules = await denoDoc(ENTRIES.map(({ file }) => file));
  const symbols = new Map<string, ApiSymbol>();
  const entries = ENTRIES.map(({ name, file }): Entry => {
    const { module_doc: doc, symbols: exported } = modules[new URL(file, ROOT).href]!;
    for (const { name: symbol, declarations: [declaration] } of exported) {
      if (declaration!.kind === "reference" || symbols.has(symbol)) continue;
      symbols.set(symbol, symbolOf(symbol, name, declaration!));
    }
    return { name, ...docOf(doc), exports: exported.map(({ name }) => name).toSorted() };
  });
  return { entries, symbols };
}

async function denoDoc(files: readonly string[]): Promise<Readonly<Record<string, Module>>> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["doc", "--json", ...files],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(`deno doc failed:\n${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)).nodes;
}

function symbolOf(name: string, entry: string, { kind, location, jsDoc, def }: Declaration) {
  const source = sourceOf(location.filename);
  const start = indexOf(source, location);
  return {
    name,
    entry,
    kind: kind as ApiSymbol["kind"],
    file: decodeURI(location.filename.slice(ROOT.href.length)),
    text: declarationText(source, start, kind !== "typeAlias").replace(/^export /, ""),
    ...docOf(jsDoc),
    bases: kind === "interface" ? (def.extends ?? []).map(baseOf) : [],
    members: [...membersOf(def), ...(def.tsType ? membersOfType(def.tsType) : [])],
  };
}

function baseOf({ value }: Type): Base {
  const { typeName: name, typeParams } = value;
  if (name !== "Pick" && name !== "Omit") return { name, isIncluded: () => true };
  const [of, keys] = typeParams;
  const names = keys.kind === "union" ? keys.value : [keys];
  const isNamed = (member: string) => names.some(({ repr }: Type) => repr === member);
  return {
    name: of.value.typeName,
    isIncluded: name === "Pick" ? isNamed : (member) => !isNamed(member),
  };
}

/** Returns the members of the object types in a type: those of all members of a union. */
function membersOfType({ kind, value }: Type): readonly Member[] {
  if (kind === "typeLiteral") return membersOf(value);
  if (kind !== "union" && kind !== "intersection" && kind !== "parenthesized") return [];
  const all = [value].flat().flatMap(membersOfType);
  // A member that is `undefined` in one part of a union is described in another one.
  const described = all.filter(({ text }) => !/\?: undefined$/.test(text));
  return described.filter(({ name }, i) => i === described.findIndex((m) => m.name === name));
}

function membersOf({ constructors = [], properties = [], methods = [] }: Members) {
  return [
    ...constructors.map((node) => memberOf("constructor", node)),
    ...properties.map((node) => memberOf("property", node)),
    ...methods.map((node) => memberOf("method", node)),
  ];
}

function memberOf(kind: Member["kind"], node: MemberNode): Member {
  const source = sourceOf(node.location.filename);
  const start = indexOf(source, node.location);
  const ofDefault = defaultOf(docComment(source, start));
  return {
    name: node.name,
    kind,
    text: declarationText(source, start, kind !== "property").replaceAll(/\s*\n\s*/g, " "),
    optional: node.optional === true,
    ...docOf(node.jsDoc),
    ...(ofDefault !== undefined && { default: ofDefault }),
  };
}

function docOf({ doc = "", tags = [] }: Doc = {}): { doc: string; tags: readonly Tag[] } {
  return { doc: doc.trim(), tags };
}

const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const source = sources.get(file) ?? Deno.readTextFileSync(new URL(file));
  sources.set(file, source);
  return source;
}

function indexOf(source: string, { line, col }: Location): number {
  let index = 0;
  for (let i = 0; i < line; i++) index = source.indexOf("\n", index) + 1;
  return index + col;
}
