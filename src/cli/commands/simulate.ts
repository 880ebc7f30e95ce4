import { Command, InvalidArgumentError } from "commander";
import { closestString } from "@std/text/closest-string";
import { FAULT_NAMES, isFaultName } from "../../testing/simulator/fault_names.ts";
import type { SimulatorFaultRates, SimulatorLatency } from "../../testing/mod.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { showInteger } from "../format.ts";
import { untilInterrupted } from "../interrupt.ts";
import { nameFlags } from "../option_flags.ts";
import {
  parseCount,
  parseNames,
  parsePairs,
  parsePort,
  parsePositive,
  parseWhole,
} from "../parse_value.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";

/** The options of `shoal simulate`. */
interface SimulateSettings {
  readonly port: number;
  readonly latency: SimulatorLatency;
  readonly tokensPerSecond?: number;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly maxConcurrency?: number;
  readonly fault: Readonly<Record<string, number>>;
  readonly model?: readonly string[];
  readonly seed: number;
}

const SIMULATE_FLAGS = {
  faults: "--fault",
  latency: "--latency",
  "limits.concurrency": "--max-concurrency",
  "limits.requestsPerMinute": "--rpm",
  "limits.tokensPerMinute": "--tpm",
  models: "--model",
  port: "--port",
  seed: "--seed",
  tokensPerSecond: "--tokens-per-second",
};

/** The names of all faults, for people. */
const FAULTS = `The faults are error400 to error599, ${FAULT_NAMES.slice(0, -1).join(", ")} ` +
  `and ${FAULT_NAMES.at(-1)}`;

const FAULT_HELP = `
Faults:
  error400 to error599: the server answers with this status
${
  Array.from(
    { length: Math.ceil(FAULT_NAMES.length / 5) },
    (_, i) => `  ${FAULT_NAMES.slice(5 * i, 5 * i + 5).join(", ")}`,
  ).join(",\n")
}`;
const EXAMPLES = `
Examples:
  shoal simulate
  shoal simulate --latency 800,4000 --rpm 500 --fault rateLimit=0.05,error500=0.01
  shoal run agents.ts#Sentiment -i reviews.jsonl --base-url http://127.0.0.1:8787/v1

"shoal run --simulate" does it without a second terminal.`;

/** Returns the command `simulate`: a model server on this machine, until Ctrl-C. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description("start a simulated model server on 127.0.0.1; prints the URL as the first line")
    .option("-p, --port <port>", "port; 0 picks a free one", parsePort, 8_787)
    .option(
      "--latency <ms>",
      "latency in milliseconds: 800, or p50,p99 such as 800,4000",
      parseLatency,
      0,
    )
    .option("--tokens-per-second <number>", "speed of the answers", parsePositive)
    .option("--rpm <requests>", "limit of requests per minute", parsePositive)
    .option("--tpm <tokens>", "limit of tokens per minute", parsePositive)
    .option("--max-concurrency <requests>", "limit of concurrent requests", parseCount)
    .option(
      "--fault <name=share>",
      "share of requests with a fault, such as error500=0.1; repeatable, or separated by commas",
      parseFaults,
      {},
    )
    .addHelpText("after", FAULT_HELP)
    .option("--model <names>", "the only models of the server", parseNames)
    .option("--seed <number>", "seed of the random numbers", parseWhole, 1)
    .addHelpText("after", EXAMPLES);
}

/** Runs the simulator until the first Ctrl-C, and returns the exit code. */
export async function simulate(settings: SimulateSettings): Promise<number> {
  const { port, latency, tokensPerSecond, fault, model, seed } = settings;
  const { simulator } = await import("../../testing/mod.ts");
  let server;
  try {
    server = simulator({
      port,
      latency,
      seed,
      faults: fault as SimulatorFaultRates,
      limits: {
        requestsPerMinute: settings.rpm,
        tokensPerMinute: settings.tpm,
        concurrency: settings.maxConcurrency,
      },
      ...(tokensPerSecond !== undefined && { tokensPerSecond }),
      ...(model !== undefined && { models: model }),
    });
  } catch (cause) {
    throw new CliError(nameFlags(errorMessage(cause), SIMULATE_FLAGS), { cause });
  }
  await using running = server;
  // The signal may arrive as soon as the URL is read.
  const interrupted = untilInterrupted();
  await printLine(running.url);
  writeStderr(`To use it: OPENAI_BASE_URL=${running.url} shoal run …; Ctrl-C stops the server\n`);
  await interrupted;
  const { requests, peakInFlight, byStatus } = running.stats;
  writeStderr(
    `${showInteger(requests)} requests, at most ${showInteger(peakInFlight)} at once, ` +
      `by status: ${JSON.stringify(byStatus)}\n`,
  );
  return EXIT.ok;
}

function parseLatency(text: string): SimulatorLatency {
  const [p50, p99, ...rest] = text.split(",").map(Number);
  if (!(p50! >= 0) || rest.length > 0 || (p99 !== undefined && !(p99 > p50!))) {
    throw new InvalidArgumentError("It must be milliseconds, or p50,p99 such as 800,4000.");
  }
  return p99 === undefined ? p50! : { p50: p50!, p99 };
}

function parseFaults(
  text: string,
  previous: Readonly<Record<string, number>>,
): Record<string, number> {
  const shares = Object.entries(parsePairs(text, {}, "name=share")).map(([name, share]) => {
    if (!(Number(share) >= 0 && Number(share) <= 1)) {
      throw new InvalidArgumentError("It must be name=share, with a share from 0 to 1.");
    }
    if (!isFaultName(name)) {
      throw new InvalidArgumentError(
        `There is no fault "${name}": did you mean ` +
          `"${closestString(name, [...FAULT_NAMES, "error500"])}"? ${FAULTS}.`,
      );
    }
    return [name, Number(share)];
  });
  return { ...previous, ...Object.fromEntries(shares) };
}
