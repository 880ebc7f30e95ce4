/** Builds the package for npm, installs it in empty folders, and uses it on Node and Bun. */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import * as esbuild from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { type Code, codeBlocks, exampleFiles, exportsServer, needsDeno } from "./npm/sources.ts";
import { run, type Running } from "../runtimes/command.ts";
import { NODE_24, type Runtime, RUNTIMES } from "../runtimes/runtimes.ts";
import { buildAndPack, PACKAGE, type Packed, ROOT } from "./npm/package.ts";
import { install, pinned, type Project, SHOAL } from "./npm/project.ts";

const temporary = await Deno.makeTempDir({ prefix: "shoal-npm-" });
addEventListener("unload", () => Deno.removeSync(temporary, { recursive: true }));

let packing: Promise<Packed> | undefined;
const packed = () => packing ??= buildAndPack(temporary);
const projects = new Map<Runtime, Promise<Project>>();

/** Returns the project of a runtime, with the package and nothing else until a test adds more. */
function projectOf(runtime: Runtime): Promise<Project> {
  let project = projects.get(runtime);
  if (project === undefined) {
    const folder = `${temporary}/${runtime.isBun ? "bun" : runtime.name.replace(" ", "-")}`;
    project = packed().then(({ tarball }) => install(folder, runtime, tarball));
    projects.set(runtime, project);
  }
  return project;
}

/** Defines a test for a runtime, which is ignored where that is not installed. */
function testOn(runtime: Runtime, title: string, fn: (project: Project) => Promise<void>): void {
  Deno.test({
    name: `npm, ${runtime.name}: ${title}`,
    ignore: runtime.path === undefined,
    fn: async () => fn(await projectOf(runtime)),
  });
}

const program = (name: string) =>
  Deno.readTextFile(new URL(`./npm/programs/${name}`, import.meta.url));

/** Runs modules, four at a time, and returns what those that fail have written. */
async function failuresOf(
  project: Project,
  modules: readonly Code[],
  env: Record<string, string>,
): Promise<readonly string[]> {
  const failures: string[] = [];
  const rest = [...modules];
  const runNext = async (): Promise<void> => {
    for (let module = rest.shift(); module !== undefined; module = rest.shift()) {
      const { name, source } = module;
      const { code, out, err } = await project.run([name], env);
      if (code !== 0) failures.push(`${name} exited with ${code}:\n${out}${err}`);
      else if (out === "" && /^console\.log\(/m.test(source)) {
        failures.push(`${name} has printed nothing`);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, runNext));
  return failures;
}

/** Waits until a condition is met, or a command has ended. */
async function until(condition: () => boolean, child?: Running): Promise<void> {
  let isOver = false;
  child?.ended.then(() => isOver = true);
  while (!condition() && !isOver) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function stop(child: Running, signal: Deno.Signal = "SIGTERM"): Promise<number> {
  return (await child.end(signal)).code;
}

Deno.test("npm: two builds are equal, small, and have only the files of the package", async () => {
  const first = await packed();
  const again = await buildAndPack(temporary);
  assertEquals(again.integrity, first.integrity);
  assert(first.size < 1_000_000, `it has ${first.size} bytes`);
  const others = first.files.filter((path) => !/^(?:bin|dist|types)\//.test(path)).sort();
  assertEquals(others, ["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  assertEquals(first.files.filter((path) => /^(?:types\/)?(?:tests|tools)\//.test(path)), []);
  const readme = await Deno.readTextFile(`${PACKAGE}/README.md`);
  assertEquals(readme.match(/\]\((?!https?:|#)[^)]*\)/g), null, "npm's page has no other files");
  for (const path of first.files) {
    const text = await Deno.readTextFile(`${PACKAGE}/${path}`);
    assert(!text.includes(ROOT), `${path} has the path of this machine`);
    assert(!/\.cache\/deno|registry\.npmjs\.org\//.test(text), `${path} has a path of the cache`);
  }
});

Deno.test("npm: publint finds nothing to improve", async () => {
  await packed();
  const { messages, pkg } = await publint({ pkgDir: PACKAGE, pack: "npm", strict: true });
  assertEquals(messages.map((message) => formatMessage(message, pkg)), []);
});

Deno.test("npm: arethetypeswrong finds only what holds for every ES module", async () => {
  const { tarball } = await packed();
  const result = await checkPackage(createPackageFromTarballData(await Deno.readFile(tarball)));
  assert(result.types !== false, "there are no types");
  // Node 10 knows no `exports`, and CommonJS gets ES modules, which Node 22 can require.
  const known = ["NoResolution in node10", "CJSResolvesToESM in node16-cjs"];
  const found = result.problems.map((problem) =>
    "resolutionKind" in problem ? `${problem.kind} in ${problem.resolutionKind}` : problem.kind
  );
  assertEquals([...new Set(found)].sort(), known.sort());
});

Deno.test("npm: the package could be published", async () => {
  await packed();
  const { code, err } = await run(["npm", "publish", "--dry-run", "--access=public"], {
    cwd: PACKAGE,
  });
  assertEquals(code, 0, err);
  // npm says what it would correct in package.json.
  assert(!err.includes("auto-corrected"), err);
});

Deno.test("npm: old versions of Node get a clear message from the command", async () => {
  const fake = 'Object.defineProperty(process.versions, "node", { value: "20.20.2" })';
  const copy = `${temporary}/old.mjs`;
  const bin = await Deno.readTextFile(`${ROOT}tools/npm/shoal.js`);
  await Deno.writeTextFile(copy, bin.replace("const {", `${fake};\nconst {`));
  const { code, out, err } = await run(["node", copy]);
  assertEquals([code, out, err], [2, "", "Shoal needs Node 22 or later: this is 20.20.2\n"]);
});

testOn(NODE_24, "bundlers keep the side effects of the package", async (project) => {
  await using server = simulator({ respond: ({ text }) => `said ${text}` });
  const source = `import { defineAgent } from "@shoal/agents";
    const Say = defineAgent({ name: "say", model: "m", prompt: "{text}" });
    console.log((await Say.call({ text: "hello" })).content);`;
  try {
    await esbuild.build({
      stdin: { contents: source, resolveDir: project.folder },
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node22",
      outdir: `${project.folder}/bundled`,
      outExtension: { ".js": ".mjs" },
    });
  } finally {
    await esbuild.stop();
  }
  // The default provider is set when the package is imported.
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" };
  const { code, out, err } = await project.run(["bundled/stdin.mjs"], env);
  assertEquals([code, out], [0, "said hello\n"], err);
});

const COMPILERS = ["typescript@5.9.3", "typescript-7@npm:typescript@7.0.2", "@types/node@24"];
const NODE = { module: "nodenext", lib: ["es2022"], types: ["node"] };
const BUNDLER = {
  module: "esnext",
  moduleResolution: "bundler",
  lib: ["es2022", "dom", "dom.iterable"],
  types: ["node"],
};

Deno.test("npm: the types are right for every compiler, without skipLibCheck", async () => {
  const { tarball } = await packed();
  const folder = `${temporary}/types`;
  const node = { name: "Node", path: "node", isBun: false, hasUsing: true };
  const project = await install(folder, node, tarball);
  await project.add([...COMPILERS, pinned("zod")]);
  await project.write("consumer.ts", await program("consumer.ts"));
  const failures: string[] = [];
  for (
    const [compiler, options, exactOptionalPropertyTypes] of [
      ["typescript", NODE, true],
      ["typescript", BUNDLER, false],
      ["typescript-7", NODE, false],
      ["typescript-7", NODE, true],
      ["typescript-7", BUNDLER, false],
      ["typescript-7", BUNDLER, true],
    ] as const
  ) {
    const compilerOptions = {
      ...options,
      target: "es2022",
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes,
    };
    await Deno.writeTextFile(
      `${folder}/tsconfig.json`,
      JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
    );
    const { code, out } = await project.exec(["node", `node_modules/${compiler}/bin/tsc`]);
    if (code !== 0) failures.push(`${compiler}, ${JSON.stringify(compilerOptions)}:\n${out}`);
  }
  assertEquals(failures.join("\n"), "");
});

for (const runtime of RUNTIMES) {
  const { isBun } = runtime;
  const npx = isBun ? [runtime.path!, "x", "--bun", "--no-install"] : ["npx", "--no-install"];

  testOn(runtime, "every entry can be imported without any other package", async (project) => {
    await project.write("entries.ts", await program("entries.ts"));
    const { code, out, err } = await project.run(["entries.ts"]);
    assertEquals(code, 0, err);
    const names = JSON.parse(out);
    const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
    assertEquals(Object.keys(names), Object.keys(exports));
    for (const [entry, path] of Object.entries<string>(exports)) {
      assertEquals(names[entry], Object.keys(await import(`${ROOT}${path}`)).sort(), entry);
    }
  });

  testOn(runtime, "the command prints its version by npx", async (project) => {
    const { out, err } = await project.exec([...npx, "shoal", "--version"]);
    const { version } = JSON.parse(await Deno.readTextFile(`${PACKAGE}/package.json`));
    assertEquals([out.trim(), err], [version, ""]);
  });

  testOn(runtime, "runs of the command survive kill -9", async (project) => {
    const requested = new Map<string, number>();
    await using server = simulator({
      latency: 20,
      respond({ text }) {
        requested.set(text, (requested.get(text) ?? 0) + 1);
        return `said ${text}`;
      },
    });
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" };
    const ROWS = 120;
    const rows = Array.from({ length: ROWS }, (_, id) => `{"id":${id},"input":"row ${id}"}\n`);
    await Deno.writeTextFile(`${project.folder}/in.jsonl`, rows.join(""));
    await project.write("agents.ts", await program("agents.ts"));
    const args = ["agents.ts#Say", "-i", "in.jsonl", "-o", "out.jsonl", "--run", "r", "-c", "4"];
    const child = project.start([SHOAL, "run", ...args, "--key", "id", "-q"], env);
    await until(() => requested.size >= 30, child);
    const killed = await child.end("SIGKILL");
    assertEquals(killed.signal, "SIGKILL", killed.out + killed.err);
    await until(() => server.stats.inFlight === 0);
    assert(requested.size < ROWS);
    const { code, out, err } = await project.run([SHOAL, "resume", "r", "-q"], env);
    assertEquals(code, 0, out + err);
    const lines = (await Deno.readTextFile(`${project.folder}/out.jsonl`)).trim().split("\n");
    const outputs = lines.map((line) => JSON.parse(line)).sort((a, b) => a.id - b.id);
    assertEquals(
      outputs.map(({ id, output }) => [id, output]),
      rows.map((_, id) => [id, `said row ${id}`]),
    );
    // Only rows in flight at the kill may have been sent twice.
    const twice = [...requested.values()].filter((times) => times > 1).length;
    assert(twice <= 8, `${twice} rows were sent twice`);
  });

  testOn(runtime, "the command runs rows in workers", async (project) => {
    await using server = simulator({ respond: ({ text }) => `said ${text}` });
    const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "none" };
    await Deno.writeTextFile(`${project.folder}/two.jsonl`, '{"input":"a"}\n{"input":"b"}\n');
    await project.write("agents.ts", await program("agents.ts"));
    const args = ["agents.ts#Shout", "-i", "two.jsonl", "--ordered", "--workers", "2", "-q"];
    const { code, out, err } = await project.run([SHOAL, "run", ...args], env);
    assertEquals(code, 0, out + err);
    const outputs = out.trim().split("\n").map((line) => JSON.parse(line).output);
    assertEquals(outputs, ["SAID A", "SAID B"]);
  });

  testOn(
    runtime,
    "the command serves agents, simulates a server, and checks it",
    async (project) => {
      await using simulated = project.start([SHOAL, "simulate", "--port", "0"]);
      const [base] = await simulated.waitFor(/http:\/\/127\.0\.0\.1:\d+\/v1/);
      const env = { OPENAI_BASE_URL: base, OPENAI_API_KEY: "none", SHOAL_TOKENS: "secret" };
      const doctor = await project.run([SHOAL, "doctor"], env);
      assertEquals(doctor.code, 0, doctor.out + doctor.err);
      assertMatch(doctor.out, /^ok {4}server /m);

      await project.write("agents.ts", await program("agents.ts"));
      await using served = project.start([SHOAL, "serve", "agents.ts", "--port", "0"], env);
      const [url] = await served.waitFor(/http:\/\/127\.0\.0\.1:\d+/);
      const call = async (token: string) => {
        const response = await fetch(`${url}/say`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ input: "a" }),
        });
        return [response.status, (await response.json()).ok];
      };
      assertEquals(await call("secret"), [200, true]);
      assertEquals((await call("other"))[0], 401);
      assertEquals(await stop(served), 0, served.output());
      assertEquals(await stop(simulated, "SIGINT"), 0, simulated.output());
    },
  );

  testOn(runtime, "batches with a journal survive kill -9", async (project) => {
    const requested = new Map<string, number>();
    await using server = simulator({
      latency: 20,
      respond({ text }) {
        requested.set(text, (requested.get(text) ?? 0) + 1);
        return "x";
      },
    });
    await project.write("journal.ts", await program("journal.ts"));
    const args = ["journal.ts", server.url, "journal.db", "200"];
    const child = project.start(args);
    await until(() => requested.size >= 60, child);
    const killed = await child.end("SIGKILL");
    assertEquals(killed.signal, "SIGKILL", killed.out + killed.err);
    await until(() => server.stats.inFlight === 0);
    const { code, out, err } = await project.run(args);
    assertEquals(code, 0, err);
    const { ok, replayed } = JSON.parse(out);
    assertEquals(ok, 200);
    assert(replayed >= 30, `${replayed} items were replayed`);
    const twice = [...requested.values()].filter((times) => times > 1).length;
    assert(twice <= 20, `${twice} items were sent twice`);
  });

  testOn(runtime, "runs calls in workers", async (project) => {
    await using server = simulator({ respond: ({ text }) => `said ${text}` });
    await project.write("agents.ts", await program("agents.ts"));
    await project.write("pool.ts", await program("pool.ts"));
    const { code, out, err } = await project.run(["pool.ts"], {
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: "none",
    });
    assertEquals(code, 0, out + err);
    assertMatch(out, /^ok /);
  });

  testOn(runtime, "every part of the library works", async (project) => {
    await addOthers(project);
    await project.write("features.ts", await program("features.ts"));
    const { code, out, err } = await project.run(["features.ts"]);
    assertEquals(code, 0, out + err);
    assertEquals(out, "ok workers\n");
  });

  for (const server of isBun ? ["Bun.serve", "node-server"] : ["node-server"]) {
    testOn(runtime, `serves agents and the dashboard with ${server}`, async (project) => {
      await addOthers(project);
      await project.write("service.ts", await program("service.ts"));
      await using service = project.start(["service.ts", server]);
      const [url] = await service.waitFor(/http:\/\/127\.0\.0\.1:\d+/);
      const headers = { authorization: "Bearer secret", "content-type": "application/json" };
      const post = (path: string) =>
        fetch(url + path, { method: "POST", headers, body: '{"text":"hello"}' });
      for (let i = 0; i < 2; i++) {
        assertEquals((await (await post("/echo")).json()).content, "hello");
      }
      assertMatch(await (await post("/echo/stream")).text(), /^event: result/m);
      const page = await fetch(`${url}/dashboard`, { headers });
      assertEquals(page.status, 200);
      assertMatch(await page.text(), /<html[^]*echo/);
      const closed = await fetch(`${url}/dashboard`);
      assertMatch(await closed.text(), /token/i);
      assertEquals(await stop(service), 0, service.output());
    });
  }

  testOn(runtime, "runs the code of the docs, except what uses Deno.serve", async (project) => {
    await addOthers(project);
    await writeAll(project, await exampleFiles());
    const blocks = (await codeBlocks()).filter((code) => !needsDeno(code) && !exportsServer(code));
    const modules = blocks.map((code) => ({ ...code, name: `${toFileName(code.name)}.ts` }));
    await writeAll(project, modules);
    await using server = simulator();
    const env = {
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: "none",
      AGENTS_TOKEN: "none",
      PORT: "0",
    };
    assert(modules.length > 60, `${modules.length} blocks`);
    assertEquals((await failuresOf(project, modules, env)).join("\n"), "");
  });

  testOn(runtime, "runs the examples, except those that use Deno.serve", async (project) => {
    await addOthers(project);
    const files = await exampleFiles();
    await writeAll(project, files);
    const programs = files.filter((code) =>
      !needsDeno(code) && /^examples\/[a-z]\w*\.ts$/.test(code.name)
    );
    assert(programs.length > 20);
    assertEquals((await failuresOf(project, programs, {})).join("\n"), "");
  });
}

/** Installs the packages that examples and code blocks import, once. */
function addOthers(project: Project): Promise<void> {
  let adding = added.get(project);
  if (adding === undefined) {
    const names = [
      "@ai-sdk/openai-compatible",
      "@hono/node-server",
      "eventsource-parser",
      "hono",
      "openai",
      "p-limit",
      "zod",
    ] as const;
    added.set(project, adding = project.add(names.map(pinned)));
  }
  return adding;
}
const added = new Map<Project, Promise<void>>();

async function writeAll(project: Project, files: readonly Code[]): Promise<void> {
  for (const { name, source } of files) await project.write(name, source);
}

function toFileName(name: string): string {
  return name.replace(/\W+/g, "_");
}
