import { Command } from "commander";
import { EXIT_HELP } from "./exit_code.ts";
import { run } from "./run.ts";
import { type RunSettings, withRunOptions } from "./run_settings.ts";

const EXAMPLES = `
Examples:
  shoal run agents.ts#Sentiment --in reviews.jsonl --out labels.jsonl --concurrency 200 --budget 5
  shoal run --prompt "Label: {text}" --model gpt-5-mini --map text=review < reviews.csv --in-format csv
  shoal resume                     goes on with the last run
  shoal simulate --latency 800 &   a model server to try it with

${EXIT_HELP}`;

const RUN_EXAMPLES = `
Examples:
  shoal run agents.ts#Sentiment -i reviews.jsonl -o labels.jsonl -c 200 --rpm 500 --tpm 200k --budget 5 --resume
  shoal run agents.ts#Sentiment -i reviews.csv -o labels.csv --map input=text --columns label --pilot 50
  cat reviews.jsonl | shoal run --prompt "Label: {text}" -m gpt-5-mini --schema schema.json | jq .output`;

/** The commands; `end` is told the exit code of the one that ran. */
export function program(end: (code: number) => void): Command {
  const all = new Command("shoal")
    .description("Thousands of LLM agent calls at once.")
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  const add = (command: Command) => {
    command.exitOverride().copyInheritedSettings(all);
    all.addCommand(command);
  };
  add(
    withRunOptions(new Command("run"))
      .description("runs an agent over rows")
      .argument("[agent]", "agents.ts#Name: a module, and an agent or workflow that it exports")
      .addHelpText("after", RUN_EXAMPLES)
      .action(async (agent: string | undefined, settings: RunSettings, command: Command) => {
        end(await run(agent, settings, argsOf(command)));
      }),
  );
  return all;
}

/** What stood behind the name of the command. */
function argsOf(command: Command): readonly string[] {
  const { rawArgs } = command.parent as unknown as { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}
