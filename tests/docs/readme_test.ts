/** Checks the README: its size, its first screen, its pictures, its commands and its outputs. */
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { answerReview } from "../../examples/_lexicon/answer_review.ts";
import { withAbsoluteLinks } from "../../tools/npm/readme.ts";
import { startCode } from "../child.ts";
import { place } from "../cli/helpers.ts";

const ROOT = new URL("../../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", ROOT));

/** Returns the section of the README with this heading, without those below it. */
function section(heading: string): string {
  const [, text] = readme.split(`\n## ${heading}\n`);
  assert(text !== undefined, `the README has no section ${heading}`);
  return text.split("\n## ")[0]!;
}

/** Returns the first code block of a text in a language. */
function block(text: string, language: string): string {
  const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(text) ?? [];
  assert(code !== undefined, `there is no block of ${language}`);
  return code;
}

Deno.test("README: has at most 12 KB", () => {
  const bytes = new TextEncoder().encode(readme).length;
  assert(bytes <= 12 * 1_024, `it has ${bytes} bytes`);
});

Deno.test("README: the first screen has the two commands", () => {
  const screen = readme.split("\n").slice(0, 20).join("\n");
  for (const task of ["demo", "test"]) assertStringIncludes(screen, `npx -y deno@2 task ${task}`);
});

Deno.test("README: says who it is for, and how to use it and when not, in this order", () => {
  const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  assertEquals(headings, [
    "Install",
    "In code",
    "On the command line",
    "Over HTTP",
    "Benchmarks",
    "Beside other libraries",
    "When not to use it",
    "Guides",
    "In this repository",
  ]);
});

Deno.test("README: each task that it names exists, with that purpose", () => {
  const names = [...readme.matchAll(/\btask ([a-z][\w:]*)/g)].map(([, name]) => name!);
  assert(names.length > 8, "it names few tasks");
  assertEquals(names.filter((name) => !(name in config.tasks)), []);
  const rows = [...section("In this repository").matchAll(/^\| `(deno task \S+)`/gm)];
  assert(rows.length >= 5, "the table of tasks is short");
});

Deno.test("README: its pictures exist, are small, and have a text that describes them", async () => {
  const pictures = [...readme.matchAll(/^!\[([^\]]*)\]\(([^)]+)\)$/gm)];
  assertEquals(pictures.map(([, , path]) => path), [
    "docs/images/panel.svg",
    "docs/images/dashboard.png",
  ]);
  for (const [, text, path] of pictures) {
    assert(text!.length > 30, `the text of ${path} is short`);
    const bytes = await Deno.readFile(new URL(path!, ROOT));
    assert(bytes.length < 100 * 1_024, `${path} has ${bytes.length} bytes`);
    const start = new TextDecoder().decode(bytes.subarray(1, 4));
    assertEquals(start, path!.endsWith(".svg") ? "svg" : "PNG");
  }
});

Deno.test("README: its links and pictures lead to the repository on the page of npm", () => {
  const page = withAbsoluteLinks(readme, {
    files: "https://github.com/owner/name/blob/v1/",
    pictures: "https://raw.githubusercontent.com/owner/name/v1/",
    has: () => true,
  });
  assertEquals(page.match(/\]\((?!https:)[^)]*\)/g), null);
  assertStringIncludes(
    page,
    "(https://raw.githubusercontent.com/owner/name/v1/docs/images/panel.svg)",
  );
  assertStringIncludes(page, "(https://github.com/owner/name/blob/v1/docs/start.md)");
});

Deno.test("README: the example in code has ten lines, and prints what it says", async () => {
  const code = block(section("In code"), "ts");
  assert(code.trim().split("\n").filter((line) => line !== "").length <= 10);
  await using server = simulator({ respond: answerReview });
  await using child = startCode(code, {
    permissions: ["--allow-net=127.0.0.1", "--allow-env=OPENAI_*"],
    env: { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" },
  });
  const timer = setTimeout(() => child.kill(), 60_000);
  const { success, stdout, stderr } = await child.output;
  clearTimeout(timer);
  assert(success, stderr);
  assertEquals(stdout, block(section("In code"), "text"));
});

Deno.test("README: the command in one line writes the file that it shows", async () => {
  const text = section("On the command line");
  const [command, output] = [block(text, "sh").trim(), block(text, "csv")];
  assertEquals(command.includes("\n"), false);
  const words = command.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
  assertEquals(words.shift(), "shoal");
  await using here = await place({ respond: answerReview });
  const input = output.trim().split("\n").map((line) => line.replace(/,[^,]*$/, ""));
  await here.write(words[words.indexOf("-i") + 1]!, `${input.join("\n")}\n`);
  const { code, err } = await here.shoal(words);
  assertEquals(code, 0, err);
  assertEquals(await here.read(words[words.indexOf("-o") + 1]!), output);
});

Deno.test("README: each version in the comparison is one that its sources name", async () => {
  const heads = section("Beside other libraries").match(/^\|.*\|$/m)![0];
  const comparison = await Deno.readTextFile(new URL("docs/comparison.md", ROOT));
  const sources = comparison.split("\n## Sources\n")[1]!;
  const versions = [...heads.matchAll(/\d+\.\d+(?:\.\d+)?/g)].map(([version]) => version);
  assertEquals(versions.length, 6);
  const [own, ...others] = versions;
  assert(config.version.startsWith(own!));
  assertEquals(others.filter((version) => !sources.includes(` ${version}`)), []);
});
