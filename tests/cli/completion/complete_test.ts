/** Tests what `shoal complete` prints, which the scripts of all shells call. */
import { assert, assertEquals } from "@std/assert";
import { mkdir } from "node:fs/promises";
import { buildProgram } from "../../../src/cli/program.ts";
import { completeWords, type Completion } from "../../../src/cli/completion/complete_words.ts";
import { place, rowsOf } from "../helpers.ts";
import { makeTempFolder } from "../../temp_folder.ts";
import { rm, writeFile } from "node:fs/promises";

const program = buildProgram({ onEnd: () => {}, writeHelp: () => {} });

async function complete(
  ...words: readonly string[]
): Promise<Extract<Completion, string> | readonly string[]> {
  const completion = await completeWords(program, words);
  return typeof completion === "string" ? completion : completion.map(({ word }) => word);
}

Deno.test("completes commands, options, and the values of options", async () => {
  for (
    const [words, expected] of [
      [["ru"], ["run", "runs"]],
      [["help", "se"], ["serve"]],
      [["--v"], ["--version"]],
      [["nonsense", ""], "nothing"],
      [["run", "--in"], ["--in", "--in-format"]],
      [["run", "--in-format", ""], ["jsonl", "csv", "tsv", "text"]],
      [["run", "--in-format=t"], ["tsv", "text"]],
      [["run", "-i", "a.csv", "--out-format", "c"], ["csv"]],
      [["run", "-c", ""], ["adaptive"]],
      [["run", "--concurrency", "5", "--dry"], ["--dry-run"]],
      [["run", "--in", ""], "files"],
      [["run", "-i", "x"], "files"],
      [["run", "--errors=x"], "files"],
      [["run", "--dir", ""], "folders"],
      [["run", "--temperature", ""], "nothing"],
      [["run", "--nonsense=x"], "nothing"],
      [["run", ""], "files"],
      [["run", "agents.ts#A", ""], "nothing"],
      [["run", "--json", ""], "files"],
      [["resume", "--budg"], ["--budget"]],
      [["retry", "--in-format", "j"], ["jsonl"]],
      [["serve", ""], "files"],
      [["serve", "--open", "h"], ["health"]],
      [["init", ""], "folders"],
      [["record", "--", ""], "files"],
      [["replay", ""], "files"],
      [["completion", ""], ["bash", "zsh", "fish"]],
      [["simulate", "--fault", "em"], ["emptyChoices="]],
    ] as const
  ) {
    assertEquals(await complete(...words), expected, words.join(" "));
  }
});

Deno.test("completes every option of every command, and files wherever one is expected", async () => {
  for (const command of program.createHelp().visibleCommands(program)) {
    if (command.name() === "help") continue;
    const words = await complete(command.name(), "--") as readonly string[];
    for (const { long, flags, hidden, required } of command.options) {
      assertEquals(words.includes(long!), !hidden, `${command.name()} ${long}`);
      if (!required) continue;
      const value = await complete(command.name(), long!, "");
      if (/<file>/.test(flags)) assertEquals(value, "files", `${command.name()} ${flags}`);
      if (/<folder>/.test(flags)) assertEquals(value, "folders", `${command.name()} ${flags}`);
      if (/<format>/.test(flags)) assert(value.includes("csv"), `${command.name()} ${flags}`);
    }
  }
});

Deno.test("completes the agents of a module without running it", async () => {
  const folder = await makeTempFolder("shoal-complete-");
  try {
    const file = `${folder}/my agents.ts`;
    await writeFile(
      file,
      `throw new Error("it ran");
       export const hidden = "indented lines count only in lists";
export const Sentiment: Agent<{ input: string }> = defineAgent({});
export const Both = defineParallel({});
export let Steps = definePipeline({});
export const route = defineRouter({});
export const LIMIT = 5;
export { helper as Exported, type Ignored, Other };
`,
    );
    const expected = ["Sentiment", "Both", "Steps", "route", "Exported", "Other"]
      .map((name) => `${file}#${name}`);
    assertEquals(await complete("run", `${file}#`), expected);
    assertEquals(await complete("serve", `${file}#S`), [`${file}#Sentiment`, `${file}#Steps`]);
    // As bash passes it.
    const escaped = file.replace(" ", "\\ ");
    assertEquals(await complete("run", `${escaped}#B`), [`${escaped}#Both`]);
    await writeFile(file, "export const One = make();\nexport const two = make();\n");
    assertEquals(await complete("run", `${file}#`), [`${file}#One`, `${file}#two`]);
    assertEquals(await complete("run", `${folder}/missing.ts#`), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("shoal complete prints the names of runs, the last one first", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  await mkdir(here.path("other"));
  const run = ["run", "--prompt", "x {input}", "-m", "m", "-i", "in.jsonl", "-q", "--run"];
  for (const name of ["one", "two"]) assertEquals((await here.shoal([...run, name])).code, 0);
  for (const command of ["show", "resume", "retry"]) {
    const { code, out } = await here.shoal(["complete", "--", command, ""]);
    assertEquals([code, out], [0, "words\ntwo\t\none\t\n"], command);
  }
  assertEquals((await here.shoal(["complete", "--", "run", "--run", "t"])).out, "words\ntwo\t\n");
  const other = await here.shoal(["complete", "--", "show", "--dir", "other", ""]);
  assertEquals(other.out, "words\n");
  assertEquals((await here.shoal(["complete", "--", "run", "--in", ""])).out, "files\n");
});
