/** Tests that `docs/troubleshooting.md` has every error code and every message, and no others. */
import { assert, assertEquals, AssertionError, assertMatch } from "@std/assert";
import { EXIT } from "../../src/cli/exit_code.ts";
import { AGENTS, place } from "../cli/helpers.ts";
import { CATALOGUE, entriesOf, sectionOf } from "./catalogue.ts";
import { codesIn, HOLE, messagesIn } from "./messages.ts";
import { NOT_DOCUMENTED } from "./not_documented.ts";
import { sourcesIn } from "./sources.ts";

/** The section that explains the codes of a type. */
const SECTIONS: Readonly<Record<string, string>> = {
  ErrorCode: "Errors of calls",
  JournalErrorCode: "Errors of journals",
  ProblemCode: "Errors over HTTP",
  ToolErrorCode: "Errors of tool calls",
};

/** The section of messages that the sources of the command line do not have. */
const OF_LIBRARY = "Messages of the library";

const cliSources = sourcesIn("src/cli");

function namesIn(section: string): readonly string[] {
  return entriesOf(section).map(({ name }) => name);
}

Deno.test("every error code is explained, and no other", () => {
  const found = new Set<string>();
  for (const [path, source] of sourcesIn("src")) {
    for (const [type, codes] of codesIn(path, source)) {
      found.add(type);
      const section = SECTIONS[type];
      assert(section !== undefined, `${CATALOGUE} needs a section for the codes of ${type}`);
      const documented = namesIn(sectionOf(section));
      assertEquals(
        documented.toSorted(),
        codes.toSorted(),
        `"## ${section}" of ${CATALOGUE} must explain each code of ${type} (${path}) once, ` +
          "and no other",
      );
    }
  }
  assertEquals([...found].sort(), Object.keys(SECTIONS));
});

Deno.test("every code states the statuses with which the routes answer", () => {
  const all = [...sourcesIn("src/hono").values()].join("\n");
  const ofCalls = entriesOf(sectionOf("Errors of calls"));
  const failures = [...all.matchAll(/^ {2}(\w+): \[(\d{3}), "/gm)];
  assertEquals(failures.length, ofCalls.length);
  for (const [, code, status] of failures) {
    const text = ofCalls.find(({ name }) => name === code)!.text;
    assert(text.includes(`Over HTTP: ${status}.`), `### \`${code}\`: "Over HTTP: ${status}."`);
  }
  const ofRoutes = entriesOf(sectionOf("Errors over HTTP"));
  const problems = [...all.matchAll(/new Problem\(\s*(\d{3}),\s*"(\w+)"/g)];
  assert(problems.length > 20);
  for (const [, status, code] of problems) {
    const entry = ofRoutes.find(({ name }) => name === code);
    if (entry === undefined) continue; // a code of calls
    const [stated = ""] = /^\([^)]*\)/.exec(entry.text) ?? [];
    assert(stated.includes(status!), `- \`${code}\` (${status}): …, is: ${entry.text}`);
  }
});

Deno.test("the names of OpenAI's routes are explained", () => {
  const source = sourcesIn("src/hono/openai").get("src/hono/openai/openai_error.ts")!;
  const [, table = ""] = /CODES[^{]*\{(.*?)\}/s.exec(source) ?? [];
  const names = [...table.matchAll(/(\w+): "(\w+)"/g)];
  assert(names.length > 0);
  const section = sectionOf("Errors over HTTP").replaceAll(/\s+/g, " ");
  for (const [, code, name] of names) assert(section.includes(`\`${name}\` (\`${code}\`)`), name);
  const [, quota] = /isSpentQuota\(problem\) \? "(\w+)"/.exec(source) ?? [];
  assert(section.includes(`\`${quota}\` for a limit`), quota);
});

Deno.test("every code of rows and every exit code is explained", () => {
  const codes = [...cliSources.values()].flatMap((source) =>
    [...source.matchAll(/\bcode: "(\w+)"/g)].map(([, code]) => code!)
  );
  const rows = namesIn(sectionOf("Codes in the file of --errors"));
  assertEquals([...new Set(codes)].sort(), rows.toSorted());

  const table = [...sectionOf("Exit codes").matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => code);
  assertEquals(table.map(Number), Object.values(EXIT).toSorted((a, b) => a - b));
});

/** Messages that the option parser makes, which a test below provokes. */
const OF_PARSER = /^error: /;

Deno.test("every message of the command line is explained, and no other", () => {
  const printed = new Map<string, string>();
  for (const [path, source] of cliSources) {
    for (const { text, at } of messagesIn(path, source)) printed.set(text, at);
  }
  const excluded = new Set(Object.values(NOT_DOCUMENTED).flat());
  const section = sectionOf("Messages of the command line").replace(sectionOf(OF_LIBRARY), "");
  const documented = namesIn(section);
  const counts = Map.groupBy(documented, (name) => name);
  const twice = [...counts].filter(([, names]) => names.length > 1).map(([name]) => name);
  const missing = [...printed]
    .filter(([text]) => !counts.has(text) && !excluded.has(text))
    .map(([text, at]) => {
      const quote = text.includes("`") ? "``" : "`";
      return `- ${quote}${text}${quote}: WHAT IT MEANS, AND WHAT TO DO  (${at})`;
    });
  const gone = [...counts.keys()].filter((name) => !printed.has(name) && !OF_PARSER.test(name));
  const notPrinted = [...excluded].filter((text) => !printed.has(text));
  const report = [
    [`Add to "## Messages of the command line" of ${CATALOGUE}:`, missing],
    [`Remove from ${CATALOGUE}, as the command line no longer prints it:`, gone],
    [`Remove from ${CATALOGUE} all but one:`, twice],
    ["Remove from tests/docs/not_documented.ts, as it is no longer printed:", notPrinted],
  ] as const;
  const problems = report.filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.join("\n")}`);
  if (problems.length > 0) throw new AssertionError(`\n${problems.join("\n\n")}`);
});

Deno.test("every entry says more than its name", () => {
  const sections = [
    ...Object.values(SECTIONS),
    "Codes in the file of --errors",
    "Messages of the command line",
  ];
  for (const section of sections) {
    for (const { name, text } of entriesOf(sectionOf(section))) {
      assertMatch(text, /[a-z]{2,}[^]*\S$/i, name);
    }
  }
});

/** Returns a pattern of the whole line of a message. */
function patternOf(message: string): RegExp {
  const fixed = message.split(HOLE).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${fixed.join("[^]*")}$`);
}

/** Commands that are wrong, each with a message that must be explained. */
const WRONG_USES: readonly (readonly string[])[] = [
  ["frobnicate"],
  ["run", "--frobnicate"],
  ["run", "--in"],
  ["run", "--concurrency", "many"],
  ["run", "one", "two"],
  ["serve"],
  ["run", "--prompt", "{text}", "--in", "in.jsonl"],
  ["run", "--prompt", "{{text}", "--model", "m", "--in", "in.jsonl"],
  ["run", "--prompt", "{text}", "--model", "m", "--in", "in.jsonl", "--schema", "bad.json"],
  ["run", "--prompt", "{text}", "--model", "m", "--in", "in.jsonl", "--budget", "1", "-q"],
  ["run", `${AGENTS}#Nobody`, "--in", "in.jsonl"],
  ["run", `${AGENTS}#Sentiment`, "--in", "missing.jsonl"],
  ["simulate", "--fault", "nothing=0.5"],
  ["record", "--out", "in.jsonl", "--", "true"],
  ["replay", "missing.jsonl"],
  ["retry", "missing"],
];

Deno.test("messages of wrong use are explained as they are printed", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"text":"a"}\n');
  await here.write("bad.json", '{"type":"strin"}');
  const lines: string[] = [];
  const run = async (args: readonly string[], env = {}) => {
    const { code, err } = await here.shoal(args, { env });
    assertEquals(code, 2, `${args.join(" ")}: ${err}`);
    lines.push(err.trim().split("\n")[0]!);
  };
  for (const args of WRONG_USES) await run(args);
  const args = ["run", "--prompt", "{text}", "--model", "m", "--in", "in.jsonl", "-q"];
  await run(args, { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" });

  const patterns = namesIn(sectionOf("Messages of the command line")).map(patternOf);
  for (const line of lines) {
    assert(patterns.some((pattern) => pattern.test(line)), `not explained: ${line}`);
  }
  for (const name of namesIn(sectionOf(OF_LIBRARY))) {
    assert(lines.some((line) => patternOf(name).test(line)), `no longer printed: ${name}`);
  }
});
