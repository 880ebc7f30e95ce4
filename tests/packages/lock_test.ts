/** Checks what `deno task` downloads before it runs a task: `imports` and `deno.lock`. */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { lockedNames, type LockFile, pruneLock } from "../../tools/lock.ts";
import { filesIn, ROOT } from "../architecture/module_graph.ts";

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(new URL(path, ROOT)));

Deno.test("deno.lock is dev.lock without what only some tests, tools and benches need", async () => {
  const [lock, complete] = await Promise.all([readJson("deno.lock"), readJson("dev.lock")]);
  assertEquals(lock, pruneLock(complete, lockedNames()), "run deno task lock");
  const heavy = ["@sparticuz/chromium", "playwright-core", "typescript", "esbuild", "ai"];
  for (const name of heavy) {
    const has = ({ npm }: { npm: object }) =>
      Object.keys(npm).some((key) => key.startsWith(`${name}@`));
    assertEquals([has(complete), has(lock)], [true, false], name);
  }
});

Deno.test("imports has only the packages of the library and of the demo", async () => {
  const paths = [...filesIn("src"), "examples/reviews.ts"];
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(new URL(path, ROOT))));
  const isImported = (name: string) =>
    texts.some((text) => text.includes(`"${name}"`) || text.includes(`"${name}/`));
  const names = Object.entries(config.imports).filter(([, target]) => target.startsWith("npm:"));
  const others = names.map(([name]) => name).filter((name) => !isImported(name));
  assertEquals(others, [], "move them to scopes, and run deno task lock");
});

Deno.test("pruneLock keeps what a package depends on, in whatever form the lock file has it", () => {
  const lock: LockFile = {
    specifiers: { "npm:a@^1": "1.0.0", "npm:@x/b@2": "2.0.0_c@1.0.0", "npm:z@1": "1.0.0" },
    npm: {
      "a@1.0.0": { dependencies: ["d", "e@2.0.0"] },
      "@x/b@2.0.0_c@1.0.0": { optionalDependencies: ["c"] },
      "c@1.0.0": {},
      "d@1.0.0": { dependencies: ["a"] },
      "e@1.0.0": {},
      "e@2.0.0": {},
      "z@1.0.0": {},
    },
  };
  const keys = (...names: string[]) => Object.keys(pruneLock(lock, names).npm);
  assertEquals(keys("a"), ["a@1.0.0", "d@1.0.0", "e@2.0.0"]);
  assertEquals(keys("@x/b"), ["@x/b@2.0.0_c@1.0.0", "c@1.0.0"]);
  assertEquals(pruneLock(lock, ["z"]).specifiers, { "npm:z@1": "1.0.0" });
});

Deno.test("tasks that load packages accept only those that are locked", () => {
  for (const [name, { command }] of Object.entries(config.tasks)) {
    for (const step of command.split(" && ")) {
      const [, subcommand] = /^deno (run|test|check|doc|publish) /.exec(step) ?? [];
      if (subcommand === undefined || name === "lock" || step.includes("--config ")) continue;
      assert(/ --frozen /.test(step), `${name} needs --frozen, and mostly --lock=dev.lock`);
    }
  }
});
