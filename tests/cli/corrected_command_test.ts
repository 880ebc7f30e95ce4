/** Tests that after a mistake that sent nothing, the corrected command runs. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { AGENTS, type Place, place, rowsOf, until } from "./helpers.ts";

const SENTIMENT = `${AGENTS}#Sentiment`;

/** The files of the folder, also those of runs. */
function files(here: Place): string[] {
  return readdirSync(here.dir, { recursive: true }).map(String).sort();
}

interface Mistake {
  readonly args: readonly string[];
  /** The command without the mistake. */
  readonly corrected: readonly string[];
  readonly message: RegExp;
  readonly code?: number;
  readonly env?: Record<string, string>;
}

/** Checks that a mistake leaves nothing behind, and that the corrected command then runs. */
async function assertCorrectable(here: Place, mistakes: readonly Mistake[]): Promise<void> {
  const before = files(here);
  for (const [i, { args, corrected, message, code = 2, env }] of mistakes.entries()) {
    const { requests } = here.server.stats;
    const more = [[], ["--fresh"], ["--resume"]][i % 3]!;
    const wrong = await here.shoal([...args, ...more], { env });
    const sent = here.server.stats.requests - requests;
    assertEquals([wrong.code, wrong.out, sent], [code, "", 0], `${args}: ${wrong.err}`);
    assertMatch(wrong.err, message);
    assertEquals(files(here), before, `${args}`);
    const well = await here.shoal(corrected);
    assertEquals([well.code, well.out], [0, ""], `${corrected}: ${well.err}`);
    assertEquals(here.server.stats.requests > requests, true);
    // For the next one.
    for (const name of readdirSync(here.dir)) {
      if (!before.includes(name)) await rm(here.path(name), { recursive: true });
    }
  }
}

Deno.test("a mistake in the columns leaves nothing behind", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n');
  await here.write("in.csv", "id,text\n1,a\n2,b\n");
  await here.write("odd.csv", "id~text\n1~a\n2~b\n");
  await here.write("out.csv", "id,input,output\n1,a,b\n");
  const run = (name: string) => ["run", SENTIMENT, "-q", "-i", name, "-o", "o.jsonl"];
  const map = ["--map", "input=text"];
  const mistakes: Mistake[] = [];
  for (const name of ["in.jsonl", "in.csv"]) {
    const corrected = [...run(name), ...map, "--key", "id"];
    mistakes.push(
      {
        args: run(name),
        corrected,
        message: /^Cannot find the column "input": the columns are id/,
      },
      {
        args: [...run(name), "--map", "input=txet"],
        corrected,
        message: /the column "txet": .*Did you mean "text"\?/,
      },
      {
        args: [...run(name), "--map", "imput=text"],
        corrected,
        message: /has no such parameter: its parameters are input/,
      },
      {
        args: [...run(name), ...map, "--key", "idd"],
        corrected,
        message: /the column "idd", which is the --key: .*Did you mean "id"\?/,
      },
      {
        args: [...run(name), ...map, "--columns", "label"],
        corrected,
        message: /--columns/,
      },
      {
        args: [...run(name), ...map, "--as", "text"],
        corrected,
        message: /the input has a column "text"/,
      },
    );
  }
  mistakes.push(
    {
      args: [...run("odd.csv"), ...map],
      corrected: [...run("odd.csv"), ...map, "--delimiter", "~"],
      message: /the columns are id~text/,
    },
    {
      args: run("out.csv"),
      corrected: [...run("out.csv"), "--as", "label"],
      message: /the input has a column "output"/,
    },
  );
  await assertCorrectable(here, mistakes);
});

Deno.test("a mistake in the options leaves nothing behind", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await here.write("rows.dat", "id,input\n1,a\n");
  await here.write("bad.json", '{"label":"string"}');
  await here.write("good.json", '{"type":"object","properties":{}}');
  await here.write("file", "");
  const io = ["-q", "-i", "in.jsonl", "-o", "o.jsonl"];
  const run = ["run", SENTIMENT, ...io];
  const prompt = ["run", "--prompt", "Label: {input}", "-m", "m", ...io];
  const noKey = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  await assertCorrectable(here, [
    {
      args: [...run, "--in-format", "cvs"],
      corrected: run,
      message: /Cannot use the format "cvs"/,
    },
    { args: [...run, "--encoding", "latin"], corrected: run, message: /the --encoding "latin"/ },
    { args: [...run, "--price", "1,2"], corrected: run, message: /--price without a --model/ },
    {
      args: [...run, "-m", "strange", "--budget", "1"],
      corrected: [...run, "-m", "strange", "--budget", "1", "--price", "1,2"],
      message: /--price/,
    },
    { args: run, corrected: run, message: /set OPENAI_API_KEY/, env: noKey },
    {
      args: [...run, "--pilot", "1", "--yes"],
      corrected: [...run, "--pilot", "1", "--yes"],
      message: /set OPENAI_API_KEY/,
      env: noKey,
    },
    {
      args: [...run, "-e", "no/such/e.jsonl"],
      corrected: [...run, "-e", "e.jsonl"],
      message: /^Cannot write no\/such\/e.jsonl: no such file or directory\n$/,
      code: 3,
    },
    {
      args: [...run.slice(0, -1), "file/o.jsonl"],
      corrected: run,
      message: /^Cannot write file\/o.jsonl: not a directory\n$/,
      code: 3,
    },
    { args: ["run", AGENTS, ...io], corrected: run, message: /more than one agent/ },
    {
      args: [...prompt.slice(0, 3), ...io],
      corrected: prompt,
      message: /without a --model/,
    },
    {
      args: [...prompt, "--schema", "bad.json"],
      corrected: prompt,
      message: /which is no keyword of JSON Schema/,
    },
    {
      args: [...prompt, "--workers", "2"],
      corrected: prompt,
      message: /--workers with --prompt/,
    },
    // Each line is reported, and no run is kept.
    {
      args: [...run.slice(0, 3), "-i", "rows.dat", "-o", "o.jsonl"],
      corrected: [...run.slice(0, 3), "-i", "rows.dat", "-o", "o.jsonl", "--in-format", "csv"],
      message: /line 1: it is not JSON\n.*\nNo row could be read: rows.dat was read as jsonl/,
      code: 1,
    },
  ]);
});

Deno.test("a mistake changes neither an earlier run nor its output", async () => {
  await using here = await place();
  await here.write("in.csv", "id,text\n1,a\n2,b\n");
  const map = ["--map", "input=text"];
  const run = ["run", SENTIMENT, "-q", "-i", "in.csv", "-o", "o.csv", "--run", "r"];
  assertEquals((await here.shoal([...run, ...map])).code, 0);
  const state = async () => [
    files(here),
    await here.read("o.csv"),
    await readFile(here.path(".shoal/r/run.json"), "utf8"),
  ];
  const before = await state();
  const noKey = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  for (const more of ["--fresh", "--resume"]) {
    assertEquals((await here.shoal([...run, more])).code, 2);
    assertEquals((await here.shoal([...run, ...map, "--key", "idd", more])).code, 2);
    assertEquals((await here.shoal([...run, ...map, "-e", "no/such/file", more])).code, 3);
  }
  // What the library finds out when the first row is about to be sent.
  assertEquals((await here.shoal([...run, ...map, "--fresh"], { env: noKey })).code, 2);
  assertEquals((await here.shoal([...run, ...map, "--fresh", "--in-format", "jsonl"])).code, 1);
  assertEquals(await state(), before);
  const resumed = await here.shoal(["resume", "-q"]);
  assertEquals([resumed.code, here.server.stats.requests], [0, 2], resumed.err);
  assertEquals((await here.shoal([...run, ...map, "--fresh"])).code, 0);
  assertEquals([here.server.stats.requests, readdirSync(here.path(".shoal"))], [4, ["r"]]);
});

Deno.test("a start that was killed before its first row needs no --resume", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = ["run", SENTIMENT, "-q", "-i", "in.jsonl", "-o", "o.jsonl", "--run", "r"];
  // As earlier versions left it, or a kill at that moment.
  await mkdir(here.path(".shoal/r"), { recursive: true });
  await here.write(".shoal/r/run.json", JSON.stringify({ args: [], cwd: here.dir, createdAt: 1 }));
  const output = await here.shoal(args);
  assertEquals([output.code, output.err, (await here.rows("o.jsonl")).length], [0, "", 2]);
  // A kill after --fresh has put the run aside.
  await rename(here.path(".shoal/r"), here.path(".shoal/.r.replaced"));
  assertStringIncludes((await here.shoal(["runs"])).err, "There are no runs");
  assertMatch((await here.shoal(args)).err, /"r" as it has already started/);
  assertEquals(here.server.stats.requests, 2);
});

Deno.test("Ctrl-C before the first row leaves nothing behind", async () => {
  await using here = await place();
  await here.write(
    "listening.ts",
    `import process from "node:process";
     export { Sentiment } from ${JSON.stringify(AGENTS)};
     process.on("newListener", (name) => {
       // The listener is added after this event.
       if (name === "SIGINT") setTimeout(() => console.error("listening"));
     });`,
  );
  const args = ["run", "listening.ts", "-o", "o.jsonl"];
  await using child = here.spawn(args, { stdin: "open", all: true });
  child.write('{"other":1}\n');
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let err = "";
  while (!err.includes("listening")) err += (await reader.read()).value;
  child.kill("SIGINT");
  assertEquals([(await child.status).code, readdirSync(here.dir)], [130, ["listening.ts"]]);
  child.closeStdin();
  await Promise.all([child.stdout.cancel(), reader.cancel()]);
});

Deno.test("the rows of a pipe are a new run each time", async () => {
  await using here = await place();
  const args = ["run", SENTIMENT, "-q"];
  const runs = async () => (await here.shoal(["runs"])).out.trim().split("\n").length;
  for (const [i, stdin] of [rowsOf(2), rowsOf(2), '{"id":9,"input":"other"}\n'].entries()) {
    const output = await here.shoal(args, { stdin });
    assertEquals([output.code, output.err], [0, ""]);
    assertEquals(output.out.trim().split("\n").length, i < 2 ? 2 : 1);
    assertEquals(await runs(), i + 1);
  }
  assertEquals(here.server.stats.requests, 5);
  // The output of the same command is replaced; another file is not.
  for (const stdin of [rowsOf(3), rowsOf(1)]) {
    assertEquals((await here.shoal([...args, "-o", "o.jsonl"], { stdin })).code, 0);
    assertEquals((await here.rows("o.jsonl")).length, stdin.trim().split("\n").length);
  }
  await here.write("precious.jsonl", "precious\n");
  const refused = await here.shoal([...args, "-o", "precious.jsonl"], { stdin: rowsOf(1) });
  assertEquals([refused.code, await here.read("precious.jsonl")], [2, "precious\n"]);
  const named = await here.shoal([...args, "-i", "/dev/stdin"], { stdin: rowsOf(1) });
  const again = await here.shoal([...args, "-i", "/dev/stdin"], { stdin: rowsOf(1) });
  assertEquals([named.code, again.code], [0, 0], again.err);
});

Deno.test("--resume continues the last run of a pipe", async () => {
  await using here = await place();
  const args = ["run", SENTIMENT];
  const first = await here.shoal(args, { stdin: rowsOf(2) });
  const name = /"?(stdin-\w+)/.exec((await here.shoal(["runs"])).out)![1]!;
  assertEquals(first.err.includes("a new run"), false);
  const second = await here.shoal(args, { stdin: rowsOf(3) });
  assertStringIncludes(second.err, `the rows of a pipe are a new run: "${name}-2"`);
  const resumed = await here.shoal([...args, "--resume"], { stdin: rowsOf(5) });
  assertMatch(resumed.err, /5 ok, 0 failed, 3 already done/);
  const fresh = await here.shoal([...args, "--fresh"], { stdin: rowsOf(5) });
  assertMatch(fresh.err, /5 ok, 0 failed, \d+ tokens/);
  assertEquals(readdirSync(here.path(".shoal")).sort(), [name, `${name}-2`]);
});

Deno.test("two pipes with the same command run at the same time, unless they write one file", async () => {
  await using here = await place({ latency: 300 });
  const args = ["run", SENTIMENT, "-q"];
  const both = await Promise.all([1, 2].map((n) => here.shoal(args, { stdin: rowsOf(n) })));
  assertEquals(both.map(({ code, out }) => [code, out.trim().split("\n").length]), [[0, 1], [
    0,
    2,
  ]]);
  await using child = here.spawn([...args, "-o", "o.jsonl"], { stdin: "open" });
  child.write(rowsOf(1));
  await until(async () => existsSync(here.path("o.jsonl")) && await here.read("o.jsonl") !== "");
  const other = await here.shoal([...args, "-o", "o.jsonl"], { stdin: rowsOf(1) });
  assertEquals(other.code, 3, other.err);
  assertStringIncludes(other.err, "another process is writing to it");
  child.closeStdin();
  assertEquals((await child.output()).code, 0);
  assertEquals((await here.rows("o.jsonl")).length, 1);
});
