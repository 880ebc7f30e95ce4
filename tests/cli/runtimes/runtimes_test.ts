/** Tests the command line on Node and Bun, as processes of an installed package. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import {
  COMMAND,
  parsed,
  type Place,
  place,
  type PlaceOptions,
  printedCommands,
  rowsOf,
  text,
  until,
} from "../helpers.ts";
import { run } from "../../runtimes/command.ts";
import { type Runtime, RUNTIMES } from "../../runtimes/runtimes.ts";
import { installCommand } from "./install_command.ts";

const AGENTS = `import { defineAgent, type Agent } from "@shoal/agents";
export const Sentiment: Agent = defineAgent({
  name: "sentiment",
  model: "gpt-5-mini",
  prompt: "Review: {input}",
});
`;

let installed: ReturnType<typeof installCommand> | undefined;
addEventListener("unload", () => folder && Deno.removeSync(folder, { recursive: true }));
let folder: string | undefined;

/** Installs the package once, for all tests. */
async function install(): Promise<{ readonly path: string; readonly main: string }> {
  const { path, main } = await (installed ??= installCommand());
  folder = path;
  return { path, main };
}

/** Creates a folder with agents, in which the runtime runs the command line. */
async function setUp({ path }: Pick<Runtime, "path">, options: PlaceOptions = {}): Promise<Place> {
  const { path: parent, main } = await install();
  const here = await place({ command: [path!, main], parent, ...options });
  await here.write("package.json", '{ "type": "module" }');
  await here.write("agents.ts", AGENTS);
  return here;
}

function test(name: string, run: (runtime: Runtime) => Promise<void>): void {
  for (const runtime of RUNTIMES) {
    Deno.test({
      name: `${runtime.name}: ${name}`,
      ignore: runtime.path === undefined,
      fn: () => within(60_000, () => run(runtime)),
    });
  }
}

/** Rejects if the test hangs. */
async function within(ms: number, run: () => Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes longer than ${ms} ms`)), ms);
  });
  await Promise.race([run(), late]).finally(() => clearTimeout(timer));
}

const RUN = ["run", "agents.ts#Sentiment", "-i", "in.jsonl", "-o", "out.jsonl", "--run", "r"];

test("runs rows, continues after kill -9, and sends nothing twice", async (runtime) => {
  await using here = await setUp(runtime, { latency: { min: 1, max: 10 } });
  await here.write("in.jsonl", rowsOf(500));
  const start = [...RUN, "--key", "id", "-c", "20", "-q", "--resume"];
  const child = here.spawn(start);
  await until(() => here.requestCounts.size >= 200);
  child.kill("SIGKILL");
  assertEquals((await child.output()).signal, "SIGKILL");
  await until(() => here.server.stats.inFlight === 0);
  const last = await here.shoal(start);
  assertEquals([last.code, last.err], [0, ""]);
  const rows = await here.rows("out.jsonl");
  assertEquals(new Set(rows.map(({ id }) => id)).size, 500);
  assertEquals([rows.length, rows.every(({ id, output }) => output === `said Review: row ${id}`)], [
    500,
    true,
  ]);
  // Only rows that were in flight at the kill.
  const again = [...here.requestCounts.values()].filter((count) => count > 1).length;
  assert(again <= 20, `${again} rows were sent again`);
  const shown = await here.shoal(["show", "r"]);
  assertMatch(shown.out, /^r: 500 ok, 0 failed/);
  assertEquals(JSON.parse((await here.shoal(["runs", "--json"])).out).ok, 500);
});

test("Ctrl-C finishes rows in flight, and shoal resume continues", async (runtime) => {
  await using here = await setUp(runtime, { latency: 200 });
  await here.write("in.jsonl", rowsOf(200));
  const child = here.spawn([...RUN, "-c", "10"]);
  await until(() => here.server.stats.requests >= 20);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals([code, here.server.stats.aborted], [130, 0], text(stderr));
  assertStringIncludes(text(stderr), "To continue: shoal resume r");
  assertEquals((await here.rows("out.jsonl")).length, here.server.stats.requests);
  here.server.configure({ latency: 0 });
  const resumed = await here.shoal(["resume", "r", "-q"]);
  assertEquals([resumed.code, resumed.err], [0, ""]);
  assertEquals([(await here.rows("out.jsonl")).length, here.server.stats.requests], [200, 200]);
});

test("reads a pipe and writes one, with a prompt from a CRLF file", async (runtime) => {
  await using here = await setUp(runtime);
  await here.write("prompt.txt", "\ufeffLabel:\r\n{input}\r\n");
  const piped = ["run", "--prompt", "@prompt.txt", "-m", "m", "--price", "1,1"];
  const { code, out, err } = await here.shoal(piped, { stdin: rowsOf(300) });
  assertEquals([code, parsed(out).length], [0, 300], err);
  assertEquals(parsed(out).every(({ id, output }) => output === `said Label:\nrow ${id}`), true);
  assertMatch(err, /300 ok, 0 failed/);
  const csv = ["--in-format", "csv", "--out-format", "csv", "--fresh", "-q", "--ordered"];
  const table = await here.shoal([...piped, ...csv], { stdin: "input,n\r\na,1\r\nb,2\r\n" });
  assertEquals(table, {
    code: 0,
    out: 'input,n,output\na,1,"said Label:\na"\nb,2,"said Label:\nb"\n',
    err: "",
  });
});

test("shows the line of the user's file where its code threw", async (runtime) => {
  await using here = await setUp(runtime);
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "failing.ts",
    `import { defineAgent, type Agent } from "@shoal/agents";

type Params = { readonly input: string };
export const Failing: Agent = defineAgent({
  name: "failing",
  model: "m",
  prompt: ({ input }: Params): string => {
    throw new TypeError(input + " is odd");
  },
});
`,
  );
  const { code, err } = await here.shoal(["run", "failing.ts", "-i", "in.jsonl", "-q"]);
  assertEquals(code, 1, err);
  assertMatch(err, /prompt function threw: row 0 is odd \(failing\.ts:8:\d+\)\n/);
  await here.write("wrong.ts", 'import "./failing.ts";\nthrow new Error("no key");\n');
  const wrong = await here.shoal(["run", "wrong.ts", "-i", "in.jsonl", "-q"]);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.err, /^Cannot load the agents of wrong\.ts: no key \(wrong\.ts:2:\d+\)\n$/);
});

test("the commands that init prints run as they are, in a project of any type", async (runtime) => {
  for (const type of ["module", "commonjs"]) {
    await using here = await setUp(runtime, {
      respond: () => '{"label":"neutral","reason":"none"}',
    });
    await here.write("package.json", JSON.stringify({ type }));
    const { code, out, err } = await here.shoal(["init", "new"]);
    assertEquals([code, err], [0, ""]);
    const env = { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" };
    for (const line of printedCommands(out)) {
      const { code, err } = await run(["sh", "-c", line], { cwd: here.dir, env, timeout: 30_000 });
      assertEquals([code, /Warning/.test(err)], [0, false], `${line}\n${err}`);
    }
    assertEquals(here.server.stats.requests, 6);
  }
});

test("Ctrl-C ends a run that waits for the standard input", async (runtime) => {
  await using here = await setUp(runtime);
  const child = here.spawn(["run", "agents.ts", "-q", "--grace", "1h"], { stdin: "open" });
  child.write('{"input":"a"}\n');
  const reader = child.stdout.getReader();
  assertStringIncludes(text((await reader.read()).value!), "said Review: a");
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  child.closeStdin();
  await Promise.all([reader.cancel(), child.stderr.cancel()]);
});

test("a slow reader of the output loses nothing, and slows the run down", async (runtime) => {
  await using here = await setUp(runtime, { respond: () => "x".repeat(10_000) });
  await here.write("in.jsonl", rowsOf(500));
  const child = here.spawn(["run", "agents.ts", "-i", "in.jsonl", "-q", "-c", "10"]);
  const reader = child.stdout.getReader();
  let output = text((await reader.read()).value!);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert(here.server.stats.requests < 500, "the run waits for the reader");
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    output += text(value);
  }
  assertEquals([parsed(output).length, (await child.status).code], [500, 0]);
  await child.stderr.cancel();
});

test("a reader that closes the pipe ends a command without a message", async (runtime) => {
  await using here = await setUp(runtime, { respond: () => "x".repeat(10_000) });
  await here.write("in.jsonl", rowsOf(500));
  const { main } = await install();
  for (const [args, code] of [[["run", "agents.ts", "-i", "in.jsonl", "-q"], 141]] as const) {
    const command = [runtime.path!, main, ...args].map((arg) => `'${arg}'`).join(" ");
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `${command} | head -1 | wc -l; echo "\${PIPESTATUS[0]}"`],
      cwd: here.dir,
      env: { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" },
    }).output();
    assertEquals([text(stdout), text(stderr)], [`1\n${code}\n`, ""]);
  }
});

test("serve answers calls, aborts those of lost clients, and ends on SIGTERM", async (runtime) => {
  await using here = await setUp(runtime, {
    latency: ({ text }) => text.endsWith("slow") ? 500 : text.endsWith("stuck") ? 600_000 : 0,
  });
  const env = { SHOAL_TOKENS: "s3cret" };
  const child = here.spawn(["serve", "agents.ts", "--port", "0", "--dashboard"], { env });
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const call = (input: string, signal?: AbortSignal) =>
    fetch(`${url}/sentiment`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer s3cret" },
      body: JSON.stringify({ input }),
      signal,
    });
  const response = await call("quick");
  assertEquals([response.status, (await response.json()).content], [200, "said Review: quick"]);
  const page = await fetch(`${url}/dashboard`, { headers: { authorization: "Bearer s3cret" } });
  assertEquals([page.status, /^<!doctype html>/i.test(await page.text())], [200, true]);

  const leaving = new AbortController();
  const left = call("stuck", leaving.signal).catch(() => {});
  await until(() => here.server.stats.inFlight === 1);
  leaving.abort();
  await left;
  await until(() => here.server.stats.aborted === 1);

  const slow = call("slow");
  await until(() => here.server.stats.inFlight === 1);
  const second = await here.shoal(["serve", "agents.ts", "--port", new URL(url).port], { env });
  assertEquals(second.code, 2);
  assertMatch(second.err, /^Cannot serve agents\.ts at http:\S+:\d+: .*in use.*--port/i);
  child.kill("SIGTERM");
  assertEquals((await (await slow).json()).content, "said Review: slow");
  await reader.cancel();
  const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertEquals([code, /POST \/sentiment/.test(err)], [0, true], err);
});

test("doctor, --help and --version describe the runtime and the command", async (runtime) => {
  await using here = await setUp(runtime);
  const { code, out, err } = await here.shoal(["doctor"]);
  assertEquals([code, err], [0, ""], out);
  const [name] = runtime.name.split(" ");
  assertMatch(out, new RegExp(`^ok    runtime       ${name} [\\d.]+ on `));
  for (const check of ["journal", "key", "server", "streams", "concurrency"]) {
    assertMatch(out, new RegExp(`^ok    ${check} `, "m"));
  }
  assertEquals(out.includes("permissions"), false);
  const gone = await here.shoal(["doctor", "--base-url", "http://127.0.0.1:8/v1"]);
  assertEquals(gone.code, 3);
  assertMatch(gone.out, /^fail {2}server .*is unreachable: /m);
  const help = await here.shoal(["run", "--help"]);
  assertEquals([help.code, help.err, /Examples/.test(help.out)], [0, "", true]);
  assertMatch((await here.shoal(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

test("reports wrong use and files that cannot be read in one line", async (runtime) => {
  await using here = await setUp(runtime);
  await here.write("in.jsonl", rowsOf(1));
  await here.write("none.ts", "export const none: number = 1;");
  await here.write("broken.ts", 'import "./missing.ts";');
  const rows = ["-i", "in.jsonl"];
  for (
    const [args, code, pattern] of [
      [["run", "agents.ts", "-i", "no.jsonl"], 2, /^Cannot read no\.jsonl: no such file/],
      [["run", "no.ts", ...rows], 2, /^Cannot load the agents of no\.ts as there is no such file/],
      [["run", "none.ts", ...rows], 2, /^Cannot use none\.ts as it exports no agent/],
      [["run", "broken.ts", ...rows], 2, /^Cannot load the agents of broken\.ts: .*missing\.ts/],
      [["run", "jsr:@a/b", ...rows], 2, /^Cannot load .* does not import "jsr:" URLs/],
      [["run", "agents.ts", ...rows, "-o", "no/o.jsonl"], 3, /^Cannot write no\/o\.jsonl: no such/],
      [["nosuch"], 2, /^error: unknown command 'nosuch'\n$/],
    ] as const
  ) {
    const output = await here.shoal(args);
    assertMatch(output.err, pattern);
    assertEquals([output.code, output.out, output.err.includes("    at ")], [code, "", false]);
  }
  assertEquals(here.server.stats.requests, 0);
});

test("an unexpected error is reported whole, and exits with 3", async (runtime) => {
  await using here = await setUp(runtime, { latency: 600_000 });
  await here.write("in.jsonl", rowsOf(1));
  for (const [kind, fail] of [["thrown", "throw error"], ["rejected", "Promise.reject(error)"]]) {
    // A used stream makes the pipe non-blocking on Node.
    const code = 'process.stderr.write("used");\n' +
      'const error = new Error("x".repeat(1_000_000) + "!");\n' +
      `setTimeout(() => { ${fail} }, 100);\n`;
    await here.write(`${kind}.ts`, AGENTS + code);
    const run = ["run", `${kind}.ts`, "-i", "in.jsonl", "-q"];
    const output = await here.shoal(run);
    assertEquals([output.code, output.err.includes("x".repeat(1_000_000) + "!")], [3, true]);
  }
});

test("runs agents of CommonJS", async (runtime) => {
  await using here = await setUp(runtime);
  await here.write("in.jsonl", rowsOf(2));
  await here.write(
    "agents.cjs",
    'const { defineAgent } = require("@shoal/agents");\n' +
      'const agents = [["Sentiment", "a"]].map(([key, name]) => [key, defineAgent({ name, model: "m", prompt: "{input}" })]);\n' +
      "module.exports = Object.fromEntries(agents);\n",
  );
  const { code, err, out } = await here.shoal(
    ["run", "agents.cjs#Sentiment", "-i", "in.jsonl", "-q"],
  );
  assertEquals([code, err, parsed(out).length], [0, "", 2]);
});

test("runs agents of another folder with its own copy of the package", async (runtime) => {
  const { main } = await install();
  await using here = await place({ command: [runtime.path!, main] });
  await here.write("package.json", '{ "type": "module" }');
  await here.write("agents.ts", AGENTS);
  await here.write("in.jsonl", rowsOf(3));
  const args = ["run", "agents.ts", "-i", "in.jsonl", "-q", "--rpm", "1000", "--fresh"];
  const check = async () => {
    for (const workers of [[], ["--workers", "2"]]) {
      const { code, err, out } = await here.shoal([...args, ...workers]);
      assertEquals([code, err, parsed(out).length], [0, "", 3]);
    }
  };
  await check();
  // The same files are another copy in another folder.
  await installCommand(here.dir);
  await check();
});

for (const { name, path } of RUNTIMES.filter(({ isBun }) => !isBun)) {
  Deno.test(
    { name: `${name}: reports TypeScript that Node cannot run`, ignore: !path },
    async () => {
      await using here = await setUp({ path });
      await here.write("in.jsonl", rowsOf(1));
      await here.write("enums.ts", `${AGENTS}export enum Label { Good, Bad }\n`);
      const enums = await here.shoal(["run", "enums.ts", "-i", "in.jsonl"]);
      assertEquals(enums.code, 2);
      assertMatch(
        enums.err,
        /^Cannot load the agents of enums\.ts: TypeScript enum .*write enums as objects/m,
      );
      const options = { env: { NODE_OPTIONS: "--no-experimental-strip-types" } };
      const old = await here.shoal(["run", "agents.ts", "-i", "in.jsonl"], options);
      assertEquals(old.code, 2);
      assertMatch(old.err, /Node [\d.]+ does not run TypeScript: use Node 22\.18 or later/);
    },
  );
}

Deno.test("an old version of Node gets one line", async () => {
  const { main } = await install();
  const path = join(folder!, "old.mjs");
  // Node 22 and later say the same if they report the version of Node 20.
  await Deno.writeTextFile(
    path,
    `Object.defineProperty(process, "versions", { value: { node: "20.20.2" } });\n` +
      `await import(${JSON.stringify(main)});\n`,
  );
  for (
    const runtime of RUNTIMES.filter(({ isBun, path }) => path && !isBun)
  ) {
    const { code, stdout, stderr } = await new Deno.Command(runtime.path!, { args: [path] })
      .output();
    assertEquals([code, text(stdout), text(stderr)], [
      2,
      "",
      "Shoal needs Node 22 or later: this is 20.20.2\n",
    ]);
  }
});

test("simulate prints its URL first, answers, and ends on Ctrl-C", async (runtime) => {
  await using here = await setUp(runtime);
  const child = here.spawn(["simulate", "--port", "0", "--fault", "error500=1"]);
  const reader = child.stdout.getReader();
  const url = text((await reader.read()).value!).trim();
  const response = await fetch(`${url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }] }),
  });
  await response.body?.cancel();
  assertEquals(response.status, 500);
  const { port } = new URL(url);
  const second = await here.shoal(["simulate", "--port", port]);
  assertEquals(second.code, 2);
  assertMatch(second.err, /^Cannot listen on port \d+ .*: choose another port/);
  child.kill("SIGINT");
  await reader.cancel();
  const [{ code }, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertEquals(code, 0);
  assertStringIncludes(err, "1 requests");
});

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

for (const runtime of [{ name: "Deno", path: Deno.execPath() }, ...RUNTIMES]) {
  Deno.test({
    name: `${runtime.name}: a pilot asks on the terminal, and Ctrl-C answers no`,
    ignore: !hasScript || runtime.path === undefined,
    fn: () =>
      within(60_000, async () => {
        await using here = await setUp(runtime);
        await here.write("in.jsonl", rowsOf(20));
        const { main } = await install();
        const command = runtime.name === "Deno" ? COMMAND : [runtime.path!, main];
        const run = ["run", "--prompt", "{input}", "-m", "m", "-i", "in.jsonl", "-o", "out.jsonl"];
        const words = [...command, ...run, "--pilot", "5", "--fresh"].map((word) => `'${word}'`);
        const answer = async (keys: string) => {
          const child = new Deno.Command("script", {
            args: ["-qec", words.join(" "), "/dev/null"],
            cwd: here.dir,
            env: { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests" },
            stdin: "piped",
            stdout: "piped",
          }).spawn();
          const writer = child.stdin.getWriter();
          let output = "";
          for await (const chunk of child.stdout) {
            const isNew = !output.includes("[y/N]");
            output += text(chunk);
            if (isNew && output.includes("[y/N]")) {
              await writer.write(new TextEncoder().encode(keys));
            }
          }
          await writer.close().catch(() => {});
          return [(await child.status).code, here.server.stats.requests];
        };
        assertEquals(await answer("no\n"), [5, 5]);
        assertEquals(await answer("\x03"), [130, 10]);
        assertEquals(await answer("y\n"), [0, 30]);
        assertEquals((await here.rows("out.jsonl")).length, 20);
      }),
  });
}

test("--workers runs the calls in workers", async (runtime) => {
  await using here = await setUp(runtime);
  await here.write("in.jsonl", rowsOf(50));
  const run = ["run", "agents.ts", "-i", "in.jsonl", "-q", "--workers", "2"];
  const { code, out, err } = await here.shoal(run);
  assertEquals([code, err, parsed(out).length, here.requestCounts.size], [0, "", 50, 50]);
});
