import { Command } from "commander";
import { CliError, describeFailure } from "../cli_error.ts";
import { readEnv } from "../environment.ts";
import { EXIT } from "../exit_code.ts";
import { showInteger } from "../format.ts";
import { untilInterrupted } from "../interrupt.ts";
import { nameFlags } from "../option_flags.ts";
import { parsePort } from "../parse_value.ts";
import { runChild } from "../run_child.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";

/** The options of `shoal replay`. */
interface ReplaySettings {
  readonly port: number;
  readonly strict: boolean;
  readonly timing: boolean;
}

const FLAGS = { file: "the file", port: "--port", strict: "--no-strict", timing: "--timing" };

const EXAMPLES = `
Examples:
  shoal replay recording.jsonl -- shoal run agents.ts#Sentiment -i reviews.jsonl --limit 5
  shoal replay recording.jsonl --port 8788

The command uses OPENAI_BASE_URL, which is set to the URL of the replay, and needs no key. Without
a command, the replay runs until Ctrl-C. The exit code is 1 if a request was not recorded.`;

/** Returns the command `replay`: answers requests from a recording. */
export function replayCommand(): Command {
  return new Command("replay")
    .description("answer the requests of a command from a recording; prints the URL first")
    .argument("<file>", "file that shoal record has written")
    .argument("[command...]", "command to run, after --")
    .option("--no-strict", "answer any request, with the next recording of its endpoint")
    .option("--timing", "take as long as the server took", false)
    .option("-p, --port <port>", "port; 0 picks a free one", parsePort, 0)
    .addHelpText("after", EXAMPLES);
}

/** Replays until the command ends or, without one, until Ctrl-C. Returns the exit code. */
export async function replayFile(
  file: string,
  command: readonly string[],
  { port, strict, timing }: ReplaySettings,
): Promise<number> {
  const { replay } = await import("../../testing/mod.ts");
  let replayed, url;
  try {
    replayed = replay({ file, port, strict, timing });
    url = replayed.url;
  } catch (cause) {
    throw new CliError(nameFlags(describeFailure(cause, `Cannot replay ${file}`), FLAGS), {
      cause,
    });
  }
  await using running = replayed;
  let exitCode: number = EXIT.ok;
  const [name, ...args] = command;
  if (name === undefined) {
    // The signal may arrive as soon as the URL is read.
    const interrupted = untilInterrupted();
    await printLine(url);
    writeStderr(`To use it: OPENAI_BASE_URL=${url}; Ctrl-C stops the replay\n`);
    await interrupted;
  } else {
    const apiKey = readEnv("OPENAI_API_KEY") ?? "replayed";
    exitCode = await runChild([name, ...args], { OPENAI_BASE_URL: url, OPENAI_API_KEY: apiKey });
  }
  const { rejected, unused } = running;
  for (const reason of new Set(rejected)) writeStderr(`Rejected a request: ${reason}\n`);
  if (unused.length > 0) {
    writeStderr(`Recordings that no request has used: ${showInteger(unused.length)}\n`);
  }
  return exitCode === EXIT.ok && rejected.length > 0 ? EXIT.someFailed : exitCode;
}
