import { Command } from "commander";
import { givenFlags, watchFlags } from "./checks/flag_conflicts.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import { completeCommand, completionCommand } from "./completion/completion_command.ts";
import { EXIT_HELP } from "./exit_code.ts";
import {
  DOCTOR_EXAMPLES,
  PROGRAM_EXAMPLES,
  RESUME_EXAMPLES,
  RETRY_EXAMPLES,
  RUN_EXAMPLES,
  RUNS_EXAMPLES,
  SHOW_EXAMPLES,
} from "./help_examples.ts";
import { describeOption } from "./option_help.ts";
import { parseDuration, parseServerUrl } from "./parse_value.ts";
import { addRunOptions, dirOption, type ParsedSettings } from "./run/run_settings.ts";
import { init, initCommand } from "./init/init.ts";
import { recordCommand, recordTraffic } from "./commands/record.ts";
import { replayCommand, replayFile } from "./commands/replay.ts";
import { serve, serveCommand } from "./commands/serve.ts";
import { simulate, simulateCommand } from "./commands/simulate.ts";
import { VERSION } from "./version.ts";
import { writeStderr } from "./write_stderr.ts";

const RUN_ARGUMENT = ["[run]", "name of the run (default: the last run)"] as const;

interface DirSettings {
  readonly dir: string;
}

interface ListSettings extends DirSettings {
  readonly json: boolean;
}

/** Options of {@linkcode buildProgram}. */
export interface ProgramOptions {
  /** Called with the exit code of the command that has run. */
  readonly onEnd: (exitCode: number) => void;
  /** Called with parts of the help and with the version, for the standard output. */
  readonly writeHelp: (text: string) => void;
}

/**
 * Returns the command line. Each command imports what it needs when it runs, so that the help and
 * the version appear at once.
 */
export function buildProgram({ onEnd, writeHelp }: ProgramOptions): Command {
  const all = new Command("shoal")
    .description("Thousands of LLM agent calls at once.")
    .version(VERSION)
    .configureOutput({ writeOut: writeHelp, writeErr: writeStderr })
    .configureHelp({ optionDescription: describeOption })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText("after", PROGRAM_EXAMPLES + "\n" + EXIT_HELP);
  const runAgain = async (args: readonly string[]) => {
    await buildProgram({ onEnd, writeHelp }).parseAsync(["run", ...args], { from: "user" });
  };
  const add = (command: Command) => all.addCommand(command.copyInheritedSettings(all));
  add(runCommand(onEnd));
  add(
    resumeCommand("resume", "resume a run with the options that it was started with", [], runAgain)
      .addHelpText("after", RESUME_EXAMPLES),
  );
  add(
    resumeCommand("retry", "resume a run, and retry failed rows", ["--retry-failed"], runAgain)
      .addHelpText("after", RETRY_EXAMPLES),
  );
  add(
    new Command("runs")
      .description("list all runs, the last one at the end")
      .addOption(dirOption())
      .option("--json", "print a line of JSON for each run", false)
      .addHelpText("after", RUNS_EXAMPLES)
      .action(async ({ dir, json }: ListSettings) => {
        const { listRuns } = await import("./commands/list_runs.ts");
        await listRuns(dir, { json });
      }),
  );
  add(
    new Command("show")
      .description("show a run: counts, what limited it, failures by cause")
      .argument(...RUN_ARGUMENT)
      .addOption(dirOption())
      .option("--json", "print JSON", false)
      .addHelpText("after", SHOW_EXAMPLES)
      .action(async (name: string | undefined, { dir, json }: ListSettings) => {
        const { findRun } = await import("./run/run_folder.ts");
        const { show } = await import("./commands/show.ts");
        await show(await findRun(dir, name), { json });
      }),
  );
  add(initCommand().action(async (folder: string) => await init(folder)));
  add(serveCommand().action(async (file, settings) => onEnd(await serve(file, settings))));
  add(
    new Command("doctor")
      .description("check that everything is there that runs need; calls no model")
      .option("--base-url <url>", "server (default: OPENAI_BASE_URL, or OpenAI)", parseServerUrl)
      .option("--timeout <time>", "maximum time of each check", parseDuration, 5_000)
      .option("--json", "print a report as JSON", false)
      .addHelpText("after", DOCTOR_EXAMPLES)
      .action(async (options: DoctorOptions) => {
        const { doctor } = await import("./commands/doctor.ts");
        onEnd(await doctor(options));
      }),
  );
  add(
    recordCommand().action(async (command, settings) =>
      onEnd(await recordTraffic(command, settings))
    ),
  );
  add(
    replayCommand().action(async (file, command, settings) =>
      onEnd(await replayFile(file, command, settings))
    ),
  );
  add(simulateCommand().action(async (settings) => onEnd(await simulate(settings))));
  add(completionCommand());
  all.addCommand(completeCommand(all).copyInheritedSettings(all), { hidden: true });
  return all;
}

function runCommand(onEnd: (exitCode: number) => void): Command {
  return watchFlags(addRunOptions(new Command("run")))
    .description("run an agent over rows")
    .argument("[agent]", "agents.ts#Name: a module, and an agent or workflow that it exports")
    .addHelpText("after", RUN_EXAMPLES)
    .action(async (agent: string | undefined, settings: ParsedSettings, command: Command) => {
      const { run } = await import("./run/run.ts");
      const args = argsAfterName(command);
      onEnd(await run(agent, settings, { args, flags: givenFlags(command) }));
    });
}

/** Returns a command that resumes a run. Options that it does not know are passed to the run. */
function resumeCommand(
  name: string,
  description: string,
  ownArgs: readonly string[],
  runAgain: (args: readonly string[]) => Promise<void>,
): Command {
  return new Command(name)
    .description(description)
    .argument(...RUN_ARGUMENT)
    .argument("[options...]", "options of shoal run")
    .addOption(dirOption())
    .allowUnknownOption()
    .action(async (_run, _options, { dir }: DirSettings, { args }: Command) => {
      const { findRun } = await import("./run/run_folder.ts");
      const { resumeArgs } = await import("./run/resume_args.ts");
      const runName = args[0]?.startsWith("-") ? undefined : args[0];
      const folder = await findRun(dir, runName);
      const others = runName === undefined ? args : args.slice(1);
      await runAgain(await resumeArgs(folder, [...ownArgs, ...others]));
    });
}

/** Returns the arguments after the name of the command. */
function argsAfterName(command: Command): readonly string[] {
  const { rawArgs } = command.parent as unknown as { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}
