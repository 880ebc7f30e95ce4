import { assertEquals } from "@std/assert";
import { checkMarkdown, checkSource } from "../../tools/prose_rules.ts";

const linesOf = (problems: readonly { readonly line: number }[]) => problems.map((p) => p.line);

Deno.test("checkSource: reports lines wider than 100 columns, except for long links", () => {
  const wide = `const a = "${"x".repeat(100)}";`;
  const link = `// See https://example.com/${"x".repeat(100)}`;
  assertEquals(linesOf(checkSource(["const a = 1;", wide, link].join("\n"))), [2]);
});

Deno.test("checkSource: checks the width of comments only, if asked to", () => {
  const source = [`test("${"x".repeat(100)}");`, `// ${"x".repeat(100)}`];
  assertEquals(linesOf(checkSource(source.join("\n"), "comments")), [2]);
});

Deno.test("checkSource: reports the wording of comments, not of code", () => {
  const source = [
    "/** Is the window full? */",
    "/** Whether the window is full. */",
    'const text = "somebody";',
    ["call();", "//", "nobody waits here"].join(" "),
    "/** Gives the sum. */",
    " * So many of them wait.",
    " * As many of them wait as there are permits.",
    " */",
  ];
  assertEquals(linesOf(checkSource(source.join("\n"))), [1, 4, 5, 6]);
});

Deno.test("checkMarkdown: skips code blocks and tables", () => {
  const text = ["The run is told.", "```ts", "// somebody", "```", "| nobody |", "Plain text."];
  assertEquals(linesOf(checkMarkdown(text.join("\n"))), [1]);
});
