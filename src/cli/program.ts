import { Command } from "commander";
import config from "../../deno.json" with { type: "json" };
import { doctor, type DoctorOptions } from "./commands/doctor.ts";
import { EXIT_HELP } from "./exit_code.ts";
import { resumeArgs } from "./run/resume_args.ts";
import { run } from "./run/run.ts";
import { describeOption } from "./option_help.ts";
import { findRun } from "./run/run_folder.ts";
import { addRunOptions, dirOption, type ParsedSettings } from "./run/run_settings.ts";
import { listRuns } from "./commands/list_runs.ts";
import { show } from "./commands/show.ts";
import { serve, serveCommand } from "./commands/serve.ts";
import { simulate, simulateCommand } from "./commands/simulate.ts";
import * as value from "./parse_value.ts";

const EXAMPLES = `
Examples:
  shoal run agents.ts#Sentiment --in reviews.jsonl --out labels.jsonl --concurrency 200 --budget 5
  shoal run --prompt "Label: {text}" --model gpt-5-mini --in-format csv < reviews.csv
  shoal resume                     goes on with the last run
  shoal show                       what limited it, and why rows failed
  shoal simulate --latency 800     a model server to try it with

${EXIT_HELP}`;

const RUN_EXAMPLES = `
Examples:
  shoal run agents.ts#Sentiment -i reviews.jsonl -o labels.jsonl -c 200 --rpm 500 --tpm 200k --budget 5 --resume
  shoal run agents.ts#Sentiment -i reviews.csv -o labels.csv --map input=text --columns label --pilot 50
  cat reviews.jsonl | shoal run --prompt "Label: {text}" -m gpt-5-mini --schema schema.json | jq .output`;

const RESUME_EXAMPLES = `
Options of shoal run that are given here take the place of those from before:
  shoal resume reviews-3f9a1c --budget 10`;

interface Dir {
  readonly dir: string;
}
interface Json {
  readonly json: boolean;
}

/** The commands; `end` is told the exit code of the one that ran. */
export function buildProgram(end: (code: number) => void): Command {
  const all = new Command("shoal")
    .description("Thousands of LLM agent calls at once.")
    .version(config.version)
    .configureHelp({ optionDescription: describeOption })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  const add = (command: Command) => all.addCommand(command.copyInheritedSettings(all));
  add(runCommand(end));
  add(resumeCommand("resume", "goes on with a run, as it was started", [], end));
  add(
    resumeCommand(
      "retry",
      "the same, and works again on rows that have failed",
      ["--retry-failed"],
      end,
    ),
  );
  add(
    new Command("runs")
      .description("lists the runs, the last one last")
      .addOption(dirOption())
      .option("--json", "as JSON, a line for each", false)
      .action(({ dir, json }: Dir & Json) => listRuns(dir, json)),
  );
  add(
    new Command("show")
      .description("shows a run: numbers, what limited it, failures by their causes")
      .argument("[run]", "its name; the last one, if it is left out")
      .addOption(dirOption())
      .option("--json", "as JSON", false)
      .action(async (name: string | undefined, { dir, json }: Dir & Json) => {
        await show(await findRun(dir, name), json);
      }),
  );
  add(serveCommand().action(async (file, settings) => end(await serve(file, settings))));
  add(
    new Command("doctor")
      .description("looks whether everything is there that runs need; asks no model anything")
      .option("--base-url <url>", "the server (default: OPENAI_BASE_URL or OpenAI)")
      .option("--timeout <time>", "of each look", value.parseDuration, 5_000)
      .action(async (options: DoctorOptions) => end(await doctor(options))),
  );
  add(simulateCommand().action(async (settings) => end(await simulate(settings))));
  return all;
}

function runCommand(end: (code: number) => void): Command {
  return addRunOptions(new Command("run"))
    .description("runs an agent over rows")
    .argument("[agent]", "agents.ts#Name: a module, and an agent or workflow that it exports")
    .addHelpText("after", RUN_EXAMPLES)
    .action(async (agent: string | undefined, settings: ParsedSettings, command: Command) => {
      end(await run(agent, settings, argsAfterName(command)));
    });
}

/** A command that starts a run again: what it does not know itself are options of the run. */
function resumeCommand(
  name: string,
  description: string,
  more: readonly string[],
  end: (code: number) => void,
): Command {
  return new Command(name)
    .description(description)
    .argument("[run]", "its name; the last one, if it is left out")
    .argument("[options...]", "options of shoal run")
    .addOption(dirOption())
    .allowUnknownOption()
    .addHelpText("after", RESUME_EXAMPLES)
    .action(async (_run, _options, { dir }: Dir, { args }: Command) => {
      const named = args[0]?.startsWith("-") ? undefined : args[0];
      const folder = await findRun(dir, named);
      const others = named === undefined ? args : args.slice(1);
      const again = await resumeArgs(folder, [...more, ...others]);
      await buildProgram(end).parseAsync(["run", ...again], { from: "user" });
    });
}

/** What stood behind the name of the command. */
function argsAfterName(command: Command): readonly string[] {
  const { rawArgs } = command.parent as unknown as { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}
