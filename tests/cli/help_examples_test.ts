/** Tests that the help of every command has examples that its options allow. */
import { assert, assertEquals } from "@std/assert";
import { buildProgram } from "../../src/cli/program.ts";

interface Help {
  readonly name: string;
  readonly text: string;
}

/** Returns the help of the program, and of each of its commands. */
async function allHelp(): Promise<readonly Help[]> {
  const helpOf = async (args: readonly string[]) => {
    let text = "";
    const program = buildProgram({ onEnd: () => {}, writeHelp: (part) => text += part });
    await program.parseAsync([...args, "--help"], { from: "user" }).catch(() => {});
    return text;
  };
  const program = buildProgram({ onEnd: () => {}, writeHelp: () => {} });
  const names = program.createHelp().visibleCommands(program).map((one) => one.name())
    .filter((name) => name !== "help");
  return await Promise.all(
    ["", ...names].map(async (name) => ({ name, text: await helpOf(name === "" ? [] : [name]) })),
  );
}

/** Returns the commands of `shoal` among the examples. */
function examplesIn(text: string): readonly string[] {
  const [, examples = ""] = /\nExamples:\n((?: {2}.*\n)+)/.exec(text + "\n") ?? [];
  return [...examples.matchAll(/shoal ((?!.*-- shoal ).+)/g)].map(([, args]) => args!);
}

Deno.test("the help of every command has examples with its options only", async () => {
  const program = buildProgram({ onEnd: () => {}, writeHelp: () => {} });
  const all = await allHelp();
  assertEquals(all.length > 12, true);
  for (const { name, text } of all) {
    const examples = examplesIn(text);
    assert(examples.length > 0, `shoal ${name} has no examples`);
    for (const example of examples) {
      const [called, ...words] = example.split(/ {2,}/)[0]!.split(/ [|>]+ /)[0]!.split(" ");
      const command = program.commands.find((one) => one.name() === called);
      assert(command !== undefined, example);
      const run = program.commands.find((one) => one.name() === "run")!;
      const known = [...command.options, ...run.options].flatMap((
        { short, long },
      ) => [short, long]);
      const ownWords = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
      for (const word of ownWords.filter((word) => /^--?[a-z]/.test(word))) {
        assert(known.includes(word), `${word} in "shoal ${example}"`);
      }
    }
  }
  assert(all.some(({ text }) => text.includes("--dry-run")));
});

Deno.test("no line of the help is wider than 100 columns", async () => {
  for (const { name, text } of await allHelp()) {
    const examples = text.slice(text.indexOf("\nExamples:"));
    assertEquals(examples.split("\n").filter((line) => line.length > 100), [], name);
  }
});
