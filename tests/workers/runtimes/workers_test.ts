/** Runs calls in workers on Node and Bun, from the bundled package. */
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { buildPackage } from "../../runtimes/build_package.ts";
import { runProgram } from "../../runtimes/run_program.ts";
import { type Runtime, RUNTIMES } from "../../runtimes/runtimes.ts";

const at = (file: string) => new URL(file, import.meta.url);
const folder = await buildPackage();
addEventListener("unload", () => Deno.removeSync(folder.path, { recursive: true }));
await folder.add(at("./agents.ts"), at("./throwing.ts"), at("./program.ts"));
const agents = `import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
const provider = openai({ baseURL: process.env.UPSTREAM, apiKey: "none" });
export const Echo =
  defineAgent({ name: "echo", model: "m", prompt: "{text}", provider, retries: 0 });
`;
await folder.write("node_modules/my-agents/index.js", agents);
await folder.write(
  "node_modules/my-agents/package.json",
  JSON.stringify({ type: "module", exports: "./index.js" }),
);

/** Runs cases of the program, with a model server that echoes prompts. */
async function run(runtime: Runtime, cases: readonly string[], flags: readonly string[] = []) {
  await using server = simulator({ respond: ({ text }) => text });
  return await runProgram(runtime, {
    cwd: folder.path,
    args: [...flags, "program.ts", ...cases],
    env: { UPSTREAM: server.url },
  });
}

for (const runtime of RUNTIMES) {
  const { name, isBun } = runtime;
  const ignore = runtime.path === undefined;
  const test = (title: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name}: ${title}`, ignore, fn });

  test("workers are available, and return results, deltas and errors", async () => {
    const { available, results, errors } = await run(runtime, ["available", "results", "errors"]);
    assertEquals(available, true);
    assertEquals(results, {
      contents: Array.from({ length: 30 }, (_, i) => `text ${i}`),
      streamed: ["a b c", "a b c"],
      many: ["x", "y"],
      stats: [2, 0, 0],
    });
    assertEquals(errors, ["tool", true, "no", "TypeError", "b"]);
  });

  test("aborts calls in workers, which stay usable", async () => {
    const { abort } = await run(runtime, ["abort"]);
    assertEquals(abort, [true, "next", 0]);
  });

  test("replaces workers that exit, throw, reject or loop", async () => {
    const { ends } = await run(runtime, ["ends"]);
    const { loop, ...others } = ends;
    assertEquals(others, {
      exit: ["tool", "it exited with the code 7", "next", 1],
      throw: ["tool", "nobody catches this", "next", 1],
      reject: ["tool", "nobody handles this", "next", 1],
      value: ["tool", null, "next", 1],
    });
    assertEquals([loop[0], loop[2], loop[3]], ["timeout", "next", 1]);
  });

  test("limits the memory of workers, or rejects the option", async () => {
    const { memory } = await run(runtime, ["memory"]);
    if (isBun) assertMatch(memory, /Bun cannot limit their memory: leave the option out/);
    else {
      assertEquals(memory[0], "tool");
      assertMatch(memory[1], /heap out of memory/);
    }
  });

  test("loads modules by URL, path and package, and says why others do not load", async () => {
    const { modules, permissions } = await run(runtime, ["modules", "permissions"]);
    const { url, text, path, package: installed, ...failed } = modules;
    assertEquals([url, text, path, installed], ["url", "text", "path", "package"]);
    assertMatch(failed.throwing, /throwing\.ts does not load in them: this module never loads/);
    assertMatch(failed.missing, /missing\.ts does not load in them: .*Cannot find module/);
    assertMatch(failed.windows, /file:\/\/\/c:\/missing\/agents\.ts does not load in them/);
    assertMatch(failed.relative, /module must be a URL, as from import\.meta\.resolve\(/);
    for (const remote of [failed.registry, failed.server]) {
      assertMatch(remote, /module must be a file, as only Deno loads other URLs/);
    }
    assertMatch(permissions, /only Deno can restrict their permissions: leave the option out/);
  });

  test("close ends the threads, and an open pool does not keep the process alive", async () => {
    const { close, open } = await run(runtime, ["close", "open"]);
    assertEquals([close, open], [[true, true], "left open"]);
  });

  test("says so if the entry file of the workers is not in the bundle", async () => {
    const entry = `${folder.path}/node_modules/@shoal/agents/dist/worker_main.js`;
    await Deno.rename(entry, `${entry}.away`);
    try {
      const { denied } = await run(runtime, ["denied"]);
      assertEquals(denied[0], true);
      assertMatch(denied[1], /entry file does not exist: file:.*worker_main\.js.*If you bundle/);
    } finally {
      await Deno.rename(`${entry}.away`, entry);
    }
  });

  if (isBun) continue;

  test("workers are not available under --permission without --allow-worker", async () => {
    const flags = ["--permission", "--allow-fs-read=*"];
    const { denied } = await run(runtime, ["denied"], flags);
    assertEquals(denied[0], false);
    assertMatch(denied[1], /this runtime has no workers, or its permissions deny them/);
    const { available, open } = await run(runtime, ["available", "open"], [
      ...flags,
      "--allow-worker",
    ]);
    assertEquals([available, open], [true, "left open"]);
  });

  test("says which Node loads TypeScript", async () => {
    // As Node does before 22.18.
    await folder.write("old.js", await Deno.readTextFile(at("./old.js")));
    const { stdout } = await new Deno.Command(runtime.path!, {
      args: ["--no-experimental-strip-types", "old.js"],
      cwd: folder.path,
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(/Unknown file extension "\.ts".*Node loads TypeScript from 22\.18 on/s.test(text), text);
  });
}
