import { Command } from "commander";
import { CliError, describeFailure } from "../cli_error.ts";
import { readBaseUrl } from "../environment.ts";
import { EXIT } from "../exit_code.ts";
import { showInteger } from "../format.ts";
import { untilInterrupted } from "../interrupt.ts";
import { nameFlags } from "../option_flags.ts";
import { parsePort, parseServerUrl } from "../parse_value.ts";
import { runChild } from "../run_child.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";

/** The options of `shoal record`. */
interface RecordSettings {
  readonly baseUrl?: string;
  readonly out: string;
  readonly port: number;
  readonly overwrite: boolean;
  readonly redact: boolean;
}

const FLAGS = { file: "--out", overwrite: "--overwrite", port: "--port", redact: "--no-redact" };

const EXAMPLES = `
Examples:
  shoal record -- shoal run agents.ts#Sentiment -i reviews.jsonl --limit 5
  shoal record --base-url http://localhost:11434/v1 -- python my_script.py

The command uses OPENAI_BASE_URL, which is set to the URL of the recorder. Without a command, the
recorder runs until Ctrl-C. Keys, cookies and account ids are not recorded. Prompts and answers
are: look at the file before you share it.`;

/** Returns the command `record`: keeps the traffic with a model server in a file. */
export function recordCommand(): Command {
  return new Command("record")
    .description("record the requests of a command, and their answers; prints the URL first")
    .argument("[command...]", "command to run, after --")
    .option("--base-url <url>", "server (default: OPENAI_BASE_URL, or OpenAI)", parseServerUrl)
    .option("-o, --out <file>", "file to write", "recording.jsonl")
    .option("--overwrite", "replace the file if it exists", false)
    .option("--no-redact", "also record keys, cookies and account ids")
    .option("-p, --port <port>", "port; 0 picks a free one", parsePort, 0)
    .passThroughOptions()
    .addHelpText("after", EXAMPLES);
}

/** Records until the command ends or, without one, until Ctrl-C. Returns the exit code. */
export async function recordTraffic(
  command: readonly string[],
  { baseUrl, out, port, overwrite, redact }: RecordSettings,
): Promise<number> {
  const baseURL = baseUrl ?? readBaseUrl() ?? "https://api.openai.com/v1";
  const { recorder } = await import("../../testing/mod.ts");
  let recording;
  try {
    recording = recorder({ file: out, baseURL, port, overwrite, redact });
  } catch (cause) {
    const flags = { ...FLAGS, baseURL: baseUrl === undefined ? "OPENAI_BASE_URL" : "--base-url" };
    const message = nameFlags(describeFailure(cause, `Cannot record in ${out}`), flags);
    throw new CliError(message.replace("set overwrite to true", "pass --overwrite"), { cause });
  }
  let exitCode: number = EXIT.ok;
  try {
    const [name, ...args] = command;
    if (name === undefined) {
      // The signal may arrive as soon as the URL is read.
      const interrupted = untilInterrupted();
      await printLine(recording.url);
      writeStderr(`Records requests to ${baseURL}; to use it: OPENAI_BASE_URL=${recording.url}\n`);
      await interrupted;
    } else {
      exitCode = await runChild([name, ...args], { OPENAI_BASE_URL: recording.url });
    }
  } finally {
    await recording.close();
  }
  const { count } = recording;
  const exchanges = count === 1 ? "exchange" : "exchanges";
  writeStderr(
    `${showInteger(count)} ${exchanges} recorded in ${out}` +
      (count === 0 ? ": did the command use OPENAI_BASE_URL?\n" : "\n"),
  );
  return exitCode;
}
