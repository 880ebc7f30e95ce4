/** Checks the guides: their sidebar, their form, and the tables in them. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readApi } from "../../tools/docs/api.ts";
import { declarationText } from "../../tools/docs/declaration_text.ts";
import { defaultOf, docComment } from "../../tools/docs/doc_comment.ts";
import { fillTables } from "../../tools/docs/fill_tables.ts";
import { COMMANDS, flagTable } from "../../tools/docs/flag_table.ts";
import { guideFiles, guideProblems } from "../../tools/docs/guides.ts";
import { anchorOf, resolveLinks } from "../../tools/docs/markdown.ts";

const read = (guide: string) =>
  Deno.readTextFileSync(new URL(`../../docs/${guide}.md`, import.meta.url));

Deno.test("every guide is in the sidebar once, and every page of the sidebar is there", () => {
  assertEquals(guideProblems(), []);
});

Deno.test("a guide begins with its title and says what the reader can do afterwards", () => {
  const wrong = guideFiles().filter((guide) => !/^# \S.*\n\n[A-Z`[]/.test(read(guide)));
  assertEquals(wrong, []);
});

Deno.test("every table of a guide is closed, and has the current options or flags", async () => {
  const pages = guideFiles().map((guide) => ({ path: `docs/${guide}.md`, text: read(guide) }));
  for (const { path, text } of pages) {
    const opened = [...text.matchAll(/^<!-- (options|flags): \S+ -->$/gm)].map(([, kind]) => kind);
    const closed = [...text.matchAll(/^<!-- end of (options|flags) -->$/gm)].map(([, k]) => k);
    assertEquals(opened, closed, path);
  }
  const cells = (text: string) => text.replaceAll(/ *\| */g, "|").replaceAll(/-{3,}/g, "---");
  const stale = (await fillTables(await readApi(), pages))
    .filter(({ text }, i) => cells(text) !== cells(pages[i]!.text))
    .map(({ path }) => path);
  assertEquals(stale, [], "run deno task docs:tables");
});

Deno.test("the guide of the command line has the flags of every command", () => {
  const text = read("command-line");
  assert(COMMANDS.includes("run"));
  const missing = COMMANDS.filter((name) => !text.includes(`<!-- flags: ${name} -->`));
  assertEquals(missing, []);
});

Deno.test("the flags of a command have their values, defaults and bounds", () => {
  const table = flagTable("run");
  const rows = table.split("\n").map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const row = (flag: string) => rows.find(([, name]) => name!.includes(flag))!.slice(2, 4);
  assertEquals(row("--poll"), ["`30s`", "a positive time such as 500ms, 30s, 5m or 2h"]);
  assertEquals(row("--max-tokens"), ["–", "a positive integer"]);
  assertEquals(row("--meta"), ["off", "–"]);
  assertEquals(row("--as"), ["`output`", "the name of a column"]);
});

Deno.test("a table of an unknown type or command is an error", async () => {
  const api = await readApi();
  const page = (kind: string) => [{
    path: "docs/x.md",
    text: `<!-- ${kind}: Nothing -->\n<!-- end of ${kind} -->\n`,
  }];
  await assertRejects(() => fillTables(api, page("options")), Error, "no public type Nothing");
  await assertRejects(() => fillTables(api, page("flags")), Error, "no command Nothing");
  assertThrows(() => flagTable("Nothing"), Error, "no command Nothing");
});

Deno.test("a table links to the tables of the types that it names", async () => {
  const [, page] = await fillTables(await readApi(), [
    { path: "docs/a.md", text: table("RetryOptions", "## How often: 429s") },
    { path: "docs/b/c.md", text: table("SharedOptions", "## All") },
  ]);
  const row = page!.text.split("\n").find((line) => line.startsWith("| `retries`"))!;
  assert(row.includes("`number \\|` [`RetryOptions`](../a.md#how-often-429s)"), row);
});

function table(type: string, heading: string): string {
  return `${heading}\n\n<!-- options: ${type} -->\n<!-- end of options -->\n`;
}

Deno.test("a default is read whole, with what stands behind its braces", () => {
  const cases = {
    "@default {8}, or `max` where that is less": "`8`, or `max` where that is less",
    "@default {{ max: 1 }}": "`{ max: 1 }`",
    "@default No limit": "No limit",
    "Text.\n\n@default The first\nand the second\n@throws never": "The first and the second",
    "No tag": undefined,
  };
  for (const [comment, expected] of Object.entries(cases)) {
    assertEquals(defaultOf(comment), expected);
  }
  const source = "/** One. */\na: number;\n/**\n * Two.\n *\n * @default {1}\n */\nb: number;";
  assertEquals(docComment(source, source.indexOf("b:")), "Two.\n\n@default {1}");
  assertEquals(docComment(source, source.indexOf("number;")), "");
});

Deno.test("a declaration is cut out without its body", () => {
  const text = (source: string, hasBody: boolean) => declarationText(source, 0, hasBody);
  assertEquals(text("a?: { b: string; c: ';' }[];\nd: 1;", false), "a?: { b: string; c: ';' }[]");
  assertEquals(
    text("function f(a = {}): { b: 1 } {\n return a; }", true),
    "function f(a = {}): { b: 1 }",
  );
  assertEquals(text("interface A extends B {\n c: 1; }", true), "interface A extends B");
  assertEquals(text("get(): void }", true), "get(): void");
});

Deno.test("anchors are those of GitHub", () => {
  assertEquals(anchorOf("Limits & budgets"), "limits--budgets");
  assertEquals(anchorOf("`run`: what's new?"), "run-whats-new");
  assertEquals(anchorOf("call_id and Größe"), "call_id-and-größe");
});

Deno.test("links of doc comments become links of Markdown", () => {
  const link = (name: string) => `[${name}](x)`;
  assertEquals(resolveLinks("See {@linkcode A.b} now.", link), "See [A.b](x) now.");
  assertEquals(resolveLinks("{@link https://a.b/c The text}", link), "[The text](https://a.b/c)");
  assertEquals(resolveLinks("{@link https://a.b/c}", link), "<https://a.b/c>");
});
