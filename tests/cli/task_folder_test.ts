/** Tests that `deno task shoal` resolves paths where the user stands, and nothing else does. */
import { assertEquals, assertMatch } from "@std/assert";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { COMMAND, parsed, place, printedCommands, rowsOf, text } from "./helpers.ts";
import { runtime } from "../runtime.ts";
import { spawn } from "../spawn.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

async function run(
  [command, ...args]: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Record<string, string | undefined> },
) {
  const child = spawn("timeout", { args: ["90", command!, ...args], cwd, env });
  const { code, stdout, stderr } = await child.output();
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test({
  name: "deno task shoal resolves all paths where the user stands",
  ignore: runtime !== "deno",
  async fn() {
    await using here = await place();
    await here.write("in.jsonl", rowsOf(2));
    await here.write("prompt.md", "Label: {input}");
    const task = ["deno", "task", "--quiet", "--config", CONFIG, "shoal"];
    const options = {
      cwd: here.dir,
      env: {
        INIT_CWD: undefined,
        NO_COLOR: "1",
        OPENAI_BASE_URL: here.server.url,
        OPENAI_API_KEY: "sk-secret-of-tests",
      },
    };
    const files = ["-i", "in.jsonl", "-o", "out.jsonl", "-e", "errors.jsonl"];
    const args = ["run", "--prompt", "@prompt.md", "-m", "m", ...files, "-q"];
    const ran = await run([...task, ...args], options);
    assertEquals(ran.code, 0, ran.err);
    const written = (await readdir(here.dir)).sort();
    assertEquals(written, [".shoal", "errors.jsonl", "in.jsonl", "out.jsonl", "prompt.md"]);
    const shown = await run([...task, "show", "--json"], options);
    assertEquals(JSON.parse(shown.out).ok, 2, shown.err);

    // What it prints can be pasted there.
    const { out } = await run([...task, "init", "my reviews"], options);
    const simulated = await run(["sh", "-c", printedCommands(out)[0]!], options);
    assertEquals([simulated.code, parsed(simulated.out).length], [0, 6], simulated.err);
  },
});

Deno.test("an installed shoal ignores the folder in which npm was started", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  const env = { INIT_CWD: join(here.dir, "elsewhere"), NO_COLOR: "1" };
  const { code, err } = await run([...COMMAND, "runs", "--dir", "in.jsonl"], {
    cwd: here.dir,
    env,
  });
  assertEquals(code, 2);
  assertMatch(err, /Cannot look for runs in in\.jsonl/);
});
