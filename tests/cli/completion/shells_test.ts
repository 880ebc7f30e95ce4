/** Tests the scripts of `shoal completion` with the Tab key of real shells. */
import { assertEquals, assertMatch } from "@std/assert";
import { chmod, mkdir } from "node:fs/promises";
import { delimiter } from "node:path";
import process from "node:process";
import { COMMAND, type Place, place, rowsOf, text } from "../helpers.ts";
import { runtime } from "../../runtime.ts";
import { spawn } from "../../spawn.ts";

async function has(command: string): Promise<boolean> {
  try {
    return (await spawn("sh", { args: ["-c", `command -v ${command}`] }).status).success;
  } catch {
    return false;
  }
}

/** What is typed before Tab, and the line after it. */
const LINES: readonly (readonly [typed: string, line: string])[] = [
  ["shoal run --out-f", "shoal run --out-format "],
  ["shoal run --in-format=js", "shoal run --in-format=jsonl "],
  ["shoal run --in rev", "shoal run --in reviews.csv "],
  ["shoal run --in=rev", "shoal run --in=reviews.csv "],
  ["shoal init my", "shoal init my\\ folder/"],
  ["shoal run my\\ folder/agents.ts#Oth", "shoal run my\\ folder/agents.ts#Other "],
  ["shoal show lab", "shoal show labels-one "],
  ["shoal simulate --fault emp", "shoal simulate --fault emptyChoices="],
];

/** A folder with files, a run, and `shoal` in the folder `bin`. */
async function setUp(): Promise<Place> {
  const here = await place();
  await here.write("reviews.csv", "input\na\n");
  await here.write("agents.ts", "export const Sentiment = defineAgent({});\n");
  await mkdir(here.path("my folder"));
  await here.write("my folder/agents.ts", "export const Other = defineAgent({});\n");
  await mkdir(here.path("bin"));
  const command = COMMAND.map((word) => `'${word}'`).join(" ");
  await chmod(await here.write("bin/shoal", `#!/bin/sh\nexec ${command} "$@"\n`), 0o755);
  await here.write("in.jsonl", rowsOf(1));
  const run = ["run", "--prompt", "x {input}", "-m", "m", "-i", "in.jsonl", "-q"];
  assertEquals((await here.shoal([...run, "--run", "labels-one"])).code, 0);
  return here;
}

/** The environment of a shell that has no configuration. */
function shellEnv(here: Place): Record<string, string> {
  return {
    PATH: `${here.path("bin")}${delimiter}${process.env.PATH}`,
    HOME: here.dir,
    ZDOTDIR: here.dir,
    XDG_CONFIG_HOME: here.dir,
    TERM: "dumb",
    NO_COLOR: "1",
    PS1: "",
  };
}

/**
 * Types lines into an interactive shell in a terminal, each with Tab, and returns what they have
 * become. A widget of the shell writes the line to a file.
 */
async function typeLines(
  here: Place,
  shell: readonly string[],
  setup: readonly string[],
): Promise<readonly string[]> {
  await using child = spawn("timeout", {
    args: ["120", "script", "-qec", shell.join(" "), "/dev/null"],
    cwd: here.dir,
    env: shellEnv(here),
    stdin: "open",
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream() as never)
    .getReader() as ReadableStreamDefaultReader<string>;
  let seen = "";
  const waitFor = async (mark: string) => {
    while (!seen.includes(mark)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the shell has ended:\n${seen}`);
      seen += value;
    }
    seen = "";
  };
  for (const [i, line] of setup.entries()) {
    child.write(`${line}; echo "set"up${i}\n`);
    await waitFor(`setup${i}`);
  }
  for (const [i, [typed]] of LINES.entries()) {
    // Ctrl-X Ctrl-L saves the line, and starts another one.
    child.write(`${typed}\t\x18\x0c`);
    child.write(`echo "li"ne${i}\n`);
    await waitFor(`line${i}`);
  }
  child.write("exit\n");
  child.closeStdin();
  await reader.cancel();
  await child.stderr.cancel();
  return (await here.read("lines")).split("\n").slice(0, -1);
}

// The scripts are the same on every runtime.
const onDeno = runtime === "deno";
const hasTerminal = await has("script");
const missing = (name: string, isThere: boolean) =>
  isThere && hasTerminal ? "" : ` (not found: ${name} and script, of Debian's bsdutils)`;
const hasZsh = await has("zsh");
const hasFish = await has("fish");

Deno.test({
  name: `completes in bash (on Deno)${missing("bash", true)}`,
  ignore: !onDeno || !hasTerminal,
  async fn() {
    await using here = await setUp();
    const lines = await typeLines(here, ["bash", "--norc", "--noprofile", "-i"], [
      "source <(shoal completion bash)",
      `save() { printf '%s\\n' "$READLINE_LINE" >> lines; READLINE_LINE=; READLINE_POINT=0; }`,
      `bind -x '"\\C-x\\C-l": save'`,
    ]);
    assertEquals(lines, LINES.map(([, line]) => line));
  },
});

Deno.test({
  name: `completes in zsh (on Deno)${missing("zsh", hasZsh)}`,
  ignore: !onDeno || !hasZsh || !hasTerminal,
  async fn() {
    await using here = await setUp();
    const lines = await typeLines(here, ["zsh", "-f", "-i"], [
      "bindkey -e; unsetopt PROMPT_SP; source <(shoal completion zsh)",
      `save() { print -r -- "$BUFFER" >> lines; BUFFER= }`,
      `zle -N save; bindkey '^X^L' save`,
    ]);
    // zsh adds a blank only where something else follows.
    assertEquals(lines.map((line) => line.trim()), LINES.map(([, line]) => line.trim()));
  },
});

Deno.test({
  name: `completes in fish (on Deno)${hasFish ? "" : " (not found: fish)"}`,
  ignore: !onDeno || !hasFish,
  async fn() {
    await using here = await setUp();
    const script = "shoal completion fish | source; " +
      "for line in $argv; echo line; complete -C $line; end";
    const child = spawn("timeout", {
      args: ["120", "fish", "-c", script, ...LINES.map(([typed]) => typed)],
      cwd: here.dir,
      env: shellEnv(here),
    });
    const { stdout, stderr } = await child.output();
    const found = text(stdout).split("line\n").slice(1)
      .map((words) => words.trim().split("\n").map((word) => word.split("\t")[0]));
    // fish escapes what it inserts.
    const expected = LINES.map(([, line]) =>
      line.trim().split(/(?<!\\) /).at(-1)!.replaceAll("\\", "")
    );
    assertEquals(found, expected.map((word) => [word]), text(stderr));
  },
});

Deno.test("the scripts have no syntax errors", async () => {
  await using here = await place();
  for (const [shell, isThere] of [["bash", true], ["zsh", hasZsh], ["fish", hasFish]] as const) {
    const { code, out } = await here.shoal(["completion", shell]);
    assertEquals(code, 0);
    assertMatch(out, /^#.*\n/);
    if (!isThere) continue;
    const file = await here.write(`script.${shell}`, out);
    const { success, stderr } = await spawn(shell, { args: ["-n", file] }).output();
    assertEquals(success, true, text(stderr));
  }
});
