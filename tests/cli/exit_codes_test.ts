/** Tests the exit codes of all commands, as `shoal --help` lists them. */
import { assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:net";
import { AGENTS, COMMAND, type Place, place, rowsOf, text } from "./helpers.ts";
import { spawn } from "../spawn.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-q", "-i", "in.jsonl"];
/** A process that exits with a code, or sends itself a signal. */
const EXIT = (code: number) => ["--", "sh", "-c", `exit ${code}`];
const SIGNAL = (name: string) => ["--", "sh", "-c", `kill -${name} $$`];

/** What the commands below find in their folder, with a port that is taken. */
async function setUp(): Promise<Place & { readonly taken: string }> {
  const here = await place({ apiKey: "sk-secret-of-tests" });
  await here.write("in.jsonl", rowsOf(3));
  await here.write("mixed.jsonl", '{"input":"a"}\n{"other":"b"}\n');
  await here.write("reviews.csv", "mine\n");
  await here.write("recorded.jsonl", "");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { readonly port: number };
  return {
    ...here,
    taken: String(port),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      await here[Symbol.asyncDispose]();
    },
  };
}

/** The arguments of a command, what it may print on stderr, and its environment. */
type Case = readonly [
  code: number,
  args: readonly string[],
  stderr?: RegExp,
  env?: Readonly<Record<string, string>>,
];

const CASES: Readonly<Record<string, (taken: string) => readonly Case[]>> = {
  "help, version and completion exit with 0": () => [
    [0, ["--help"]],
    [0, ["--version"]],
    [0, ["help", "run"]],
    ...["run", "resume", "retry", "runs", "show", "init", "serve", "doctor", "record", "replay"]
      .map((name) => [0, [name, "--help"]] as const),
    [0, ["completion", "bash"]],
    [0, ["complete", "--", "run", ""]],
  ],
  "wrong use of the program exits with 2": () => [
    [2, [], /Usage: shoal/],
    [2, ["nonsense"], /unknown command/],
    [2, ["run", "--nonsense"], /unknown option/],
    [2, ["runs", "extra"], /too many arguments/],
    [2, ["serve"], /missing required argument/],
    [2, ["completion"], /missing required argument/],
    [2, ["completion", "tcsh"], /bash, zsh, fish/],
    [2, ["doctor", "--timeout", "soon"], /must be/],
    [2, ["resume", "--dir"], /argument missing/],
  ],
  "run": () => [
    [0, [...RUN, "--run", "ok"]],
    [0, ["resume", "ok"]],
    [1, [...RUN, "-i", "mixed.jsonl", "--run", "mixed"]],
    [1, ["retry", "mixed"]],
    [2, [...RUN, "--run", "ok"], /has already started/],
    [2, [...RUN, "-i", "missing.jsonl"], /Cannot read/],
    [2, [...RUN, "--simulate", "--base-url", "http://127.0.0.1:9"], /--simulate with --base-url/],
    [2, [...RUN, "--run", "x", "--dry-run", "--as", "input"], /has a column/],
    [0, [...RUN, "--run", "x", "--dry-run"]],
    [3, [...RUN, "-o", "missing/out.jsonl", "--run", "y"], /Cannot write/],
    [4, [...RUN, "--run", "z", "--budget", "0.0000001"]],
    [5, [...RUN, "--run", "p", "--pilot", "1"], /Stopped after the pilot/],
  ],
  "runs, show, resume and retry": () => [
    [0, ["runs"], /There are no runs/],
    [0, ["runs", "--dir", "missing", "--json"], /There are no runs/],
    [2, ["runs", "--dir", "in.jsonl"], /Cannot look for runs/],
    ...["show", "resume", "retry"].flatMap((name) =>
      [
        [2, [name], /Cannot find a run in \.shoal/],
        [2, [name, "unknown"], /Cannot find the run "unknown"/],
        [2, [name, "unknown", "--dir", "in.jsonl"], /Cannot look for runs/],
      ] as const
    ),
    [2, ["show", "unknown", "--json"], /Cannot find the run/],
  ],
  "init": () => [
    [2, ["init"], /reviews\.csv as it exists with other content/],
    [2, ["init", "in.jsonl"], /Cannot write in\.jsonl/],
    [2, ["init", "in.jsonl/sub"], /Cannot write in\.jsonl/],
    [0, ["init", "new"]],
    [0, ["init", "new"]],
  ],
  "serve, simulate, record and replay with a port that is taken, and other mistakes": (taken) => [
    [2, ["serve", AGENTS, "--one-time-token", "--port", taken], /--port/],
    [2, ["serve", "missing.ts"], /no such file/],
    [2, ["serve", AGENTS, "--port", "99999"], /must be a port/],
    [2, ["simulate", "--port", taken], /--port|another port/],
    [2, ["simulate", "--fault", "nonsense=0.1"], /--fault/],
    [2, ["simulate", "--fault", "error500=2"], /--fault/],
    [2, ["simulate", "--latency", "9,3"], /--latency/],
    [2, ["record", "--port", taken], /--port|another port/],
    [2, ["record", "-o", "missing/recording.jsonl", ...EXIT(0)], /Cannot record/],
    [2, ["replay", "missing.jsonl", ...EXIT(0)], /Cannot replay/],
    [2, ["replay", "recorded.jsonl", "--port", taken], /--port|another port/],
  ],
  "record and replay exit with the code of their command": () => [
    [0, ["record", "-o", "a.jsonl", ...EXIT(0)]],
    [7, ["record", "-o", "b.jsonl", ...EXIT(7)]],
    [130, ["record", "-o", "c.jsonl", ...SIGNAL("INT")]],
    [143, ["record", "-o", "d.jsonl", ...SIGNAL("TERM")]],
    [137, ["record", "-o", "e.jsonl", ...SIGNAL("KILL")]],
    [2, ["record", "-o", "f.jsonl", "--", "no-such-command"], /Cannot start no-such-command/],
    [7, ["replay", "recorded.jsonl", ...EXIT(7)]],
    [137, ["replay", "recorded.jsonl", ...SIGNAL("KILL")]],
    [2, ["replay", "recorded.jsonl", "--", "no-such-command"], /Cannot start no-such-command/],
  ],
  "doctor exits with 3 if a check fails": () => [
    [0, ["doctor"]],
    [3, ["doctor", "--base-url", "http://127.0.0.1:8/v1"]],
    [3, ["doctor", "--json"], undefined, { OPENAI_API_KEY: "sk-wrong" }],
  ],
};

for (const [title, cases] of Object.entries(CASES)) {
  Deno.test(`exit codes: ${title}`, async () => {
    await using here = await setUp();
    for (const [code, args, stderr, env] of cases(here.taken)) {
      const output = await here.shoal(args, { all: args.includes("--"), env });
      assertEquals(output.code, code, `${args.join(" ")}\n${output.out}${output.err}`);
      if (stderr !== undefined) assertMatch(output.err, stderr, args.join(" "));
      assertEquals(/\n {4}at /.test(output.err), false, output.err);
    }
  });
}

/** Runs a command whose standard output is not read, and returns its exit code. */
async function withClosedPipe(here: Place, args: readonly string[]): Promise<number> {
  // The reader ends at once; the code of the command reaches the file after that.
  const script = '{ sleep 0.2; "$@"; echo $? > code; } | true; ' +
    "while ! test -s code; do sleep 0.05; done; cat code; rm code";
  const child = spawn("timeout", {
    args: ["60", "sh", "-c", script, "sh", ...COMMAND, ...args],
    cwd: here.dir,
    env: { OPENAI_BASE_URL: here.server.url, OPENAI_API_KEY: "sk-secret-of-tests", NO_COLOR: "1" },
  });
  return Number(text((await child.output()).stdout));
}

Deno.test("exit codes: 141 if the reader of the output has closed the pipe", async () => {
  await using here = await setUp();
  assertEquals((await here.shoal([...RUN, "--run", "r", "-o", "out.jsonl"])).code, 0);
  for (
    const args of [
      ["--help"],
      ["--version"],
      ["runs"],
      ["runs", "--json"],
      ["show"],
      ["show", "--json"],
      ["doctor"],
      ["doctor", "--json"],
      ["completion", "zsh"],
      ["init", "new"],
      ["serve", AGENTS, "--one-time-token", "--port", "0"],
      ["simulate", "--port", "0"],
      ["record"],
      ["replay", "recorded.jsonl"],
      [...RUN, "--run", "new"],
      [...RUN, "--run", "other", "--dry-run"],
      [...RUN, "--run", "json", "--json", "-o", "json.jsonl"],
    ]
  ) {
    assertEquals(await withClosedPipe(here, args), 141, args.join(" "));
  }
});

Deno.test("exit codes: servers exit with 0 after Ctrl-C and SIGTERM", async () => {
  await using here = await setUp();
  for (
    const args of [
      ["serve", AGENTS, "--one-time-token", "--port", "0"],
      ["simulate", "--port", "0"],
      ["record", "-o", "new.jsonl", "--overwrite"],
      ["replay", "recorded.jsonl"],
    ]
  ) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using child = here.spawn(args);
      const reader = child.stdout.getReader();
      assertMatch(text((await reader.read()).value!), /^http:/);
      child.kill(signal);
      await reader.cancel();
      const [{ code }] = await Promise.all([child.status, child.stderr.cancel()]);
      assertEquals(code, 0, `${args.join(" ")} after ${signal}`);
    }
  }
});
