/** Tables of the flags of the command line. */
import type { Command, Option } from "commander";
import { describeOption } from "../../src/cli/option_help.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { table } from "./markdown.ts";

const HEAD = ["flag", "default", "bounds", "meaning"] as const;

/** Values that options with bounds reject. The first error has the strictest bounds. */
const INVALID = ["0", "-1", "", "no such value"];

/** What a user types. */
const WORDS = /(?<![\w`-])(?:--[a-z][\w-]+|@file|[A-Z]+_[A-Z_]+|_[a-z]+)(?![\w`])/g;

const { commands } = buildProgram({ onEnd: () => {}, writeHelp: () => {} });

/** The names of the commands that have flags. */
export const COMMANDS: readonly string[] = commands
  .filter((command) => flagsOf(command).length > 0)
  .map((command) => command.name());

/** Returns the table of the flags of a command. */
export function flagTable(name: string): string {
  const command = commands.find((command) => command.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return table(HEAD, flagsOf(command).map(row));
}

/** Returns the flags of a command, without hidden ones and `--help`. */
export function flagsOf(command: Command): readonly Option[] {
  return command.options.filter(({ hidden }) => !hidden);
}

function row(option: Option): readonly string[] {
  const description = describeOption(option);
  const [whole, shown] = /\s*\(default: (.*?)\)(?=;|$|\.)/.exec(description) ?? [];
  const meaning = whole === undefined ? description : description.replace(whole, "");
  const isFlag = option.isBoolean();
  return [
    `\`${option.flags}\``,
    shown === undefined ? isFlag ? "off" : "–" : asCode(shown),
    isFlag ? "–" : boundsOf(option) ?? "–",
    meaning.replaceAll(WORDS, "`$&`"),
  ];
}

/** A default that is a word or a number is code; others are sentences. */
function asCode(shown: string): string {
  const bare = shown.replace(/^"(.*)"$/, "$1");
  return /^\S+$/.test(bare) ? `\`${bare}\`` : shown.replaceAll(WORDS, "`$&`");
}

/** Returns the bounds of a value, in the words of the error for one outside of them. */
function boundsOf({ parseArg, argChoices }: Option): string | undefined {
  if (argChoices !== undefined) return argChoices.map((choice) => `\`${choice}\``).join(", ");
  for (const value of INVALID) {
    try {
      parseArg?.(value, undefined as never);
    } catch (error) {
      return /^It must be (.+?)\.?$/.exec((error as Error).message)?.[1];
    }
  }
}
