import { Argument, Command } from "commander";
import { printLine } from "../write_stdout.ts";
import { COMPLETION_SCRIPTS, type Shell, SHELLS } from "./completion_scripts.ts";

const EXAMPLES = `
Examples:
  shoal completion bash >> ~/.bashrc
  shoal completion zsh >> ~/.zshrc
  shoal completion fish > ~/.config/fish/completions/shoal.fish

It completes commands, options and their values, files, the agents of a module after #, and the
names of runs. Open a new shell after it.`;

/** Returns the command `completion`: prints the script that a shell needs to complete commands. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("print the script that lets a shell complete commands with Tab")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", EXAMPLES)
    .action((shell: Shell) => printLine(COMPLETION_SCRIPTS[shell]));
}

/** Returns the hidden command `complete`, which the scripts call with the words of a line. */
export function completeCommand(program: Command): Command {
  return new Command("complete")
    .argument("[words...]")
    .action(async (words: readonly string[]) => {
      const { completeWords } = await import("./complete_words.ts");
      const completion = await completeWords(program, words);
      const lines = typeof completion === "string" ? [completion] : [
        "words",
        ...completion.map(({ word, description }) => `${word}\t${description}`),
      ];
      await printLine(lines.join("\n"));
    });
}
