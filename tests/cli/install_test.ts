/** Tests the command line as `deno install` installs it, with the command of the README. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AGENTS, parsed, place, rowsOf, text } from "./helpers.ts";

const ROOT = new URL("../../", import.meta.url);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

/** Returns the flags of `deno install` in the README. */
async function documentedFlags(): Promise<readonly string[]> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, flags] = /deno install -g -n shoal ([^`]+?) jsr:@shoal\/agents\/cli/
    .exec(readme.replaceAll(/\s*\\\n\s*/g, " "))!;
  return flags!.split(" ").map((flag) => flag.replaceAll('"', ""));
}

/** Returns the part of `deno.json` that a package has when it is published. */
function publishedConfig(): unknown {
  const absolute = (path: string) => new URL(path, ROOT);
  const imports = Object.entries<string>(config.imports).map(([name, target]) =>
    [name, target.startsWith("./") ? absolute(target).href : target] as const
  );
  const links = config.links.map((path: string) => fileURLToPath(absolute(path)));
  return { imports: Object.fromEntries(imports), links };
}

Deno.test("deno install with the documented permissions installs a command that runs", async () => {
  await using here = await place();
  await here.write("deno.json", JSON.stringify(publishedConfig()));
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      ...["install", "-g", "-n", "shoal", "--root", here.dir, "--config", here.path("deno.json")],
      ...await documentedFlags(),
      fileURLToPath(new URL("src/cli/main.ts", ROOT)),
    ],
  }).output();
  assertEquals(success, true, text(stderr));
  await here.write("in.jsonl", rowsOf(20));
  const shoal = async (...args: string[]) => {
    const output = await new Deno.Command(join(here.dir, "bin/shoal"), {
      args,
      cwd: here.dir,
      env: { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" },
      stdin: "null",
    }).output();
    return { code: output.code, out: text(output.stdout), err: text(output.stderr) };
  };
  const run = await shoal("run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-q");
  assertEquals([run.code, parsed(run.out).length], [0, 20], run.err);
  const doctor = await shoal("doctor");
  assertEquals(doctor.code, 0, doctor.out);
  assertMatch(doctor.out, /^ok {4}permissions {3}network, files, environment$/m);
  assertMatch((await shoal("show")).out, /: 20 ok, 0 failed/);
});

Deno.test("the documented permissions are those of deno task shoal", async () => {
  const { env, ...others } = config.permissions.shoal;
  const all = Object.keys(others).map((name) => `--allow-${name}`);
  assertEquals((await documentedFlags()).toSorted(), [...all, `--allow-env=${env}`].sort());
});
