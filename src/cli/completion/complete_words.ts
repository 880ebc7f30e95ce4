/** Completes a command line from the definition of the program. */
import type { Argument, Command, Option } from "commander";
import { listRunFolders } from "../run/run_folder.ts";
import { readEnv } from "../environment.ts";
import { agentNames } from "./agent_names.ts";

/** A word that may follow, with a description for shells that show one. */
export interface CompletedWord {
  /** The word. */
  readonly word: string;
  /** What it means; may be empty. */
  readonly description: string;
}

/** What may follow: words, or what the shell completes itself. */
export type Completion = "files" | "folders" | "nothing" | readonly CompletedWord[];

/**
 * Returns what may stand in place of the last word.
 *
 * @param words The words after the name of the program. The last one is incomplete, or empty.
 */
export async function completeWords(
  program: Command,
  words: readonly string[],
): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith("-"));
  if (at < 0) {
    return current.startsWith("-")
      ? matching(optionWords(program.options), current)
      : matching(commandWords(program), current);
  }
  const command = program.commands.find((one) => one.name() === before[at]);
  if (command === undefined) {
    return before[at] === "help" ? matching(commandWords(program), current) : "nothing";
  }
  return await completeCommand(program, command, before.slice(at + 1), current);
}

async function completeCommand(
  program: Command,
  command: Command,
  before: readonly string[],
  current: string,
): Promise<Completion> {
  // Another program follows.
  if (before.includes("--")) return "files";
  const options = optionsOf(program, command);
  const [, flag, value] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  if (flag !== undefined) {
    const option = options.find(({ long }) => long === flag);
    return option === undefined ? "nothing" : await completeValue(option, value!, before);
  }
  const positions: string[] = [];
  let open: Option | undefined;
  for (const word of before) {
    if (open !== undefined) open = undefined;
    else if (word.startsWith("-") && word !== "-") {
      const option = options.find(({ short, long }) => word === short || word === long);
      open = option?.required ? option : undefined;
    } else positions.push(word);
  }
  if (open !== undefined) return await completeValue(open, current, before);
  if (current.startsWith("-")) return matching(optionWords(options), current);
  return await completeArgument(command, positions.length, current, before);
}

/** Returns the options of a command. Those of `run` may follow commands that resume a run. */
function optionsOf(program: Command, command: Command): readonly Option[] {
  const isResumed = command.name() === "resume" || command.name() === "retry";
  const run = program.commands.find((one) => one.name() === "run")!;
  const all = [...command.options, ...isResumed ? run.options : []].filter(({ hidden }) => !hidden);
  return all.filter(({ long }, i) => all.findIndex((one) => one.long === long) === i);
}

function optionWords(options: readonly Option[]): readonly CompletedWord[] {
  const help = { word: "--help", description: "display help for command" };
  return [...options.map(({ long, description }) => ({ word: long!, description })), help];
}

function commandWords(program: Command): readonly CompletedWord[] {
  return program.createHelp().visibleCommands(program)
    .map((command) => ({ word: command.name(), description: command.description() }));
}

/** Words for options that take one of a few values. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "--concurrency": ["adaptive"],
  "--encoding": ["utf-8", "utf-16le", "latin1", "windows-1252"],
  "--in-format": ["jsonl", "csv", "tsv", "text"],
  "--open": ["health", "metrics", "openapi"],
  "--out-format": ["jsonl", "csv", "tsv"],
};

async function completeValue(
  option: Option,
  current: string,
  before: readonly string[],
): Promise<Completion> {
  const { long, flags, argChoices } = option;
  if (/<file>/.test(flags)) return "files";
  if (/<folder>/.test(flags)) return "folders";
  if (long === "--run") return matching(await runWords(before), current);
  if (long === "--fault") {
    const { FAULT_NAMES } = await import("../../testing/simulator/fault_names.ts");
    return matching([...FAULT_NAMES, "error500"].map((name) => toWord(`${name}=`)), current);
  }
  // Prompts and system messages may be in a file: @prompt.md.
  const values = argChoices ?? VALUES[long ?? ""];
  return values === undefined ? "nothing" : matching(values.map(toWord), current);
}

async function completeArgument(
  command: Command,
  position: number,
  current: string,
  before: readonly string[],
): Promise<Completion> {
  const argument: Argument | undefined = command.registeredArguments[position];
  switch (argument?.name()) {
    case "agent":
    case "agents": {
      const [, file] = /^(.+)#[^/\\]*$/s.exec(current) ?? [];
      if (file === undefined) return "files";
      const names = await agentNames(unescapeWord(file));
      return matching(names.map((name) => toWord(`${file}#${name}`)), current);
    }
    case "run":
      return matching(await runWords(before), current);
    case "file":
      return "files";
    case "folder":
      return "folders";
    default:
      return argument?.argChoices === undefined
        ? "nothing"
        : matching(argument.argChoices.map(toWord), current);
  }
}

/** Returns the names of the recorded runs, the last one first. */
async function runWords(before: readonly string[]): Promise<readonly CompletedWord[]> {
  const at = before.indexOf("--dir");
  const dir = at < 0 ? readEnv("SHOAL_DIR") ?? ".shoal" : before[at + 1] ?? "";
  try {
    return (await listRunFolders(dir)).map(({ name }) => toWord(name)).reverse();
  } catch {
    return [];
  }
}

/** Returns a word as the shell passes it to a program: some complete it as it was typed. */
function unescapeWord(word: string): string {
  return word.replace(/^["']/, "").replaceAll(/\\(.)/g, "$1");
}

function toWord(word: string): CompletedWord {
  return { word, description: "" };
}

function matching(words: readonly CompletedWord[], current: string): readonly CompletedWord[] {
  return words.filter(({ word }) => word.startsWith(current));
}
