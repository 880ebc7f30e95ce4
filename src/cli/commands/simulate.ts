import { Command, InvalidArgumentError } from "commander";
import { simulator, type SimulatorFaultRates, type SimulatorLatency } from "../../testing/mod.ts";
import { writeStderr } from "../run/display.ts";
import { CliError, errorMessage, EXIT } from "../exit_code.ts";
import { untilInterrupted } from "../until_signal.ts";
import * as value from "../parse_value.ts";
import { formatInteger } from "../format.ts";

/** What the simulator is told. */
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

/** The command `simulate`: a model server on this machine, until Ctrl-C. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "starts a model server to try things with, on 127.0.0.1; the first line of stdout is its URL",
    )
    .option("-p, --port <port>", "0 takes a free one", value.parsePort, 8_787)
    .option(
      "--latency <ms>",
      "of an answer in milliseconds: 800, or p50,p99 as in 800,4000",
      latency,
      0,
    )
    .option("--tokens-per-second <number>", "how fast it speaks", value.parsePositive)
    .option("--rpm <requests>", "requests that a minute allows", value.parsePositive)
    .option("--tpm <tokens>", "tokens that a minute allows", value.parsePositive)
    .option("--max-concurrency <requests>", "requests at a time", value.parseCount)
    .option(
      "--fault <name=share>",
      "a fault by chance: error500=0.1; repeat it or use commas",
      faults,
      {},
    )
    .option("--model <names>", "the only models that there are", value.parseNames)
    .option("--seed <number>", "of the chances", value.parseWhole, 1);
}

/** Starts the simulator, and resolves when it was ended. */
export async function simulate(settings: SimulateSettings): Promise<number> {
  const { port, latency, tokensPerSecond, fault, model, seed } = settings;
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
    throw new CliError(`Cannot start the simulator: ${errorMessage(cause)}`, EXIT.usage, { cause });
  }
  await using running = server;
  console.log(running.url);
  writeStderr(`To use it: OPENAI_BASE_URL=${running.url} shoal run …; Ctrl-C ends it\n`);
  await untilInterrupted();
  const { requests, peakInFlight, byStatus } = running.stats;
  writeStderr(
    `${formatInteger(requests)} requests, ${formatInteger(peakInFlight)} at a time at most: ${
      JSON.stringify(byStatus)
    }\n`,
  );
  return EXIT.ok;
}

function latency(text: string): SimulatorLatency {
  const [first, second, ...rest] = text.split(",").map(Number);
  if (!(first! >= 0) || rest.length > 0 || (second !== undefined && !(second > first!))) {
    throw new InvalidArgumentError("It must be milliseconds, or p50,p99 as in 800,4000.");
  }
  return second === undefined ? first! : { p50: first!, p99: second };
}

function faults(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const shares = Object.entries(value.parsePairs(text)).map(([name, share]) => {
    if (!(Number(share) >= 0 && Number(share) <= 1)) {
      throw new InvalidArgumentError("It must be name=share, with a share from 0 to 1.");
    }
    return [name, Number(share)];
  });
  return { ...before, ...Object.fromEntries(shares) };
}
