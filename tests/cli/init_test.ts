/** Tests `shoal init`: the files that it writes, and the commands that it prints. */
import { assertEquals, assertMatch } from "@std/assert";
import { mkdir, readdir } from "node:fs/promises";
import { delimiter } from "node:path";
import process from "node:process";
import { COMMAND, parsed, type Place, place, printedCommands, text } from "./helpers.ts";
import { runtime } from "../runtime.ts";
import { spawn } from "../spawn.ts";

/** Runs a line as a user who pastes it into a shell, with `shoal` on the path. */
async function runLine(here: Place, line: string, env: Record<string, string | undefined> = {}) {
  const child = spawn("timeout", {
    args: ["60", "sh", "-c", line],
    cwd: here.dir,
    env: {
      PATH: `${here.path("bin")}${delimiter}${process.env.PATH}`,
      NO_COLOR: "1",
      OPENAI_API_KEY: undefined,
      OPENAI_BASE_URL: undefined,
      ...env,
    },
  });
  const { code, stdout, stderr } = await child.output();
  return { code, out: text(stdout), err: text(stderr) };
}

/** Installs `shoal` in the folder `bin`. */
async function installShoal(here: Place): Promise<void> {
  await mkdir(here.path("bin"));
  const command = COMMAND.map((word) => `'${word}'`).join(" ");
  await here.write("bin/shoal", `#!/bin/sh\nexec ${command} "$@"\n`);
  assertEquals((await runLine(here, "chmod +x bin/shoal")).code, 0);
}

for (const folder of [".", "new/my reviews"]) {
  Deno.test(`init: the printed commands run as they are, in ${folder}`, async () => {
    await using here = await place({ respond: () => '{"label":"positive","reason":"good"}' });
    await installShoal(here);
    const target = folder === "." ? "" : ` '${folder}'`;
    const { code, out, err } = await runLine(here, `shoal init${target}`);
    assertEquals([code, err], [0, ""]);
    const names = (await readdir(here.path(folder))).filter((name) => name !== "bin").sort();
    assertEquals(names, ["agents.ts", "label.schema.json", "reviews.csv"]);
    for (const name of names) assertMatch(out, new RegExp(`^wrote {2}.*${name}`, "m"));

    const [simulated, dryRun, real, ...others] = printedCommands(out);
    assertEquals(others, []);
    // Without any key, and as often as one likes.
    for (let i = 0; i < 2; i++) {
      const { code, out, err } = await runLine(here, simulated!);
      assertEquals([code, parsed(out).length], [0, 6], err);
      assertEquals(Object.keys(parsed(out)[0]!.output as object), ["label", "reason"]);
    }
    assertEquals(here.server.stats.requests, 0);

    const env = { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" };
    const shown = await runLine(here, dryRun!, env);
    assertEquals([shown.code, here.server.stats.requests], [0, 0], shown.err);
    assertMatch(shown.out, /"content": "Review: I love this kettle[^]*rows: 6[^]*cost: about \$0/);
    const run = await runLine(here, real!, env);
    assertEquals([run.code, here.server.stats.requests], [0, 6], run.err);
    const labels = await here.read(`${folder}/labels.csv`);
    assertMatch(labels, /^id,text,label,reason\n(?:.+\n)*1,"I love.*",positive,good\n/);
  });
}

Deno.test("init: without a key, the printed commands say what is missing", async () => {
  await using here = await place();
  await installShoal(here);
  const { out } = await runLine(here, "shoal init");
  for (const line of printedCommands(out).slice(1)) {
    const { code, err } = await runLine(here, line);
    assertEquals([code, /set OPENAI_API_KEY/.test(err)], [2, true], err);
  }
});

Deno.test("init: never overwrites a file, and writes all or nothing", async () => {
  await using here = await place();
  await here.write("reviews.csv", "mine\n");
  const refused = await here.shoal(["init"]);
  assertEquals([refused.code, refused.out], [2, ""]);
  assertMatch(refused.err, /Cannot write reviews\.csv as it exists with other content/);
  assertEquals(await readdir(here.dir), ["reviews.csv"]);
  assertEquals(await here.read("reviews.csv"), "mine\n");

  assertEquals((await here.shoal(["init", "new"])).code, 0);
  const schema = await here.read("new/label.schema.json");
  const again = await here.shoal(["init", "new"]);
  assertEquals([again.code, again.out.match(/^kept /gm)?.length], [0, 3]);
  await here.write("new/agents.ts", "// mine\n");
  assertEquals((await here.shoal(["init", "new"])).code, 2);
  assertEquals([await here.read("new/agents.ts"), await here.read("new/label.schema.json")], [
    "// mine\n",
    schema,
  ]);
});

Deno.test({
  name: "init: the printed commands run without an installed shoal (on Deno)",
  ignore: runtime !== "deno",
  async fn() {
    await using here = await place();
    const { out } = await here.shoal(["init"], { all: true });
    const [simulated] = printedCommands(out);
    assertMatch(simulated!, /^deno run -A --config=\S+ \S+main\.ts run agents\.ts#Label/);
    const { code, out: rows, err } = await runLine(here, simulated!);
    assertEquals([code, parsed(rows).length], [0, 6], err);
  },
});
