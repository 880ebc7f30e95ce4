import { type Command, Option } from "commander";
import { type AnswerColumn, parseColumnName, parseColumns } from "../checks/answer_columns.ts";
import { readEnv } from "../environment.ts";
import {
  parseBytes,
  parseConcurrency,
  parseCount,
  parseDelimiter,
  parseDuration,
  parseDurationOrZero,
  parseNumber,
  parsePairs,
  parsePositive,
  parsePrice,
  parseServerUrl,
  parseWhole,
} from "../parse_value.ts";

/** The settings of a run. */
export interface RunSettings {
  /** The input file, `"-"` for the standard input. */
  readonly in: string;
  /** The output file, `"-"` for the standard output. */
  readonly out: string;
  /** The file for bad and failed rows. */
  readonly errors?: string;
  /** The format of the input. */
  readonly inFormat?: string;
  /** The format of the output. */
  readonly outFormat?: string;
  /** The text between two fields of CSV. */
  readonly delimiter?: string;
  /** The encoding of the input. */
  readonly encoding?: string;
  /** The maximum size of a row, in bytes. */
  readonly maxRow: number;
  /** Columns by the parameters that take them. */
  readonly map: Readonly<Record<string, string>>;
  /** The column that identifies a row. */
  readonly key?: string;
  /** The column for the answer. */
  readonly as: string;
  /** Members of the answer that become columns. */
  readonly columns?: readonly AnswerColumn[];
  /** Whether columns for the line, model, usage, cost and duration are added. */
  readonly meta: boolean;
  /** Whether rows are written in the order of the input. */
  readonly ordered: boolean;
  /** The maximum number of rows. */
  readonly limit?: number;
  /** The prompt of an agent without a file. */
  readonly prompt?: string;
  /** The system message of an agent without a file. */
  readonly system?: string;
  /** The file with the output schema of an agent without a file. */
  readonly schema?: string;
  /** The model. */
  readonly model?: string;
  /** The temperature of the model. */
  readonly temperature?: number;
  /** The maximum number of tokens in an answer. */
  readonly maxTokens?: number;
  /** The URL of the server. */
  readonly baseUrl?: string;
  /** The price of the model in US dollars per million tokens. */
  readonly price?: { readonly input: number; readonly output: number };
  /** The maximum number of rows in flight. */
  readonly concurrency: number | "adaptive";
  /** The number of workers. If absent, calls run on the event loop. */
  readonly workers?: number;
  /** The limit of requests per minute. */
  readonly rpm?: number;
  /** The limit of tokens per minute. */
  readonly tpm?: number;
  /** The maximum cost of the run in US dollars, over all its starts. */
  readonly budget?: number;
  /** The maximum number of retries. */
  readonly retries?: number;
  /** The timeout of a call, in milliseconds. */
  readonly timeout?: number;
  /** The name of the run. */
  readonly run?: string;
  /** The directory with the folders of all runs. */
  readonly dir: string;
  /** Whether the run is continued if it has started before. */
  readonly resume: boolean;
  /** Whether the record of the first start is kept: `shoal resume` sets this. */
  readonly keepRecord?: boolean;
  /** Whether an earlier run of the name is deleted, and its output overwritten. */
  readonly fresh: boolean;
  /** Whether failed rows run again. */
  readonly retryFailed: boolean;
  /** The number of rows in the pilot. */
  readonly pilot?: number;
  /** Whether the run continues after the pilot without asking. */
  readonly yes: boolean;
  /** Whether the calls use the provider's batch files. */
  readonly providerBatch: boolean;
  /** The time between two polls of a batch, in milliseconds. */
  readonly poll: number;
  /** How long calls in flight may take after Ctrl-C, in milliseconds. */
  readonly grace: number;
  /** Whether the progress and a summary are printed as JSON. */
  readonly json: boolean;
  /** Whether nothing is sent, and the first requests and an estimate are shown. */
  readonly dryRun: boolean;
  /** Whether a simulated server in this process answers. */
  readonly simulate: boolean;
  /** Whether no progress is shown. */
  readonly quiet: boolean;
  /** The time between two lines of progress, in milliseconds. */
  readonly progressEvery: number;
}

/** The settings from the command line; the default concurrency depends on other settings. */
export type ParsedSettings =
  & Omit<RunSettings, "concurrency">
  & Partial<Pick<RunSettings, "concurrency">>;

/** Returns the option for the directory of all runs. */
export function dirOption(): Option {
  return new Option("--dir <folder>", "directory of all runs (env: SHOAL_DIR)")
    .default(readEnv("SHOAL_DIR") ?? ".shoal");
}

/** Adds the options of a run to a command. */
export function addRunOptions(command: Command): Command {
  return command
    .optionsGroup("Rows:")
    .option("-i, --in <file>", "input: JSONL, CSV, TSV or text, also .gz; - is stdin", "-")
    .option("-o, --out <file>", "output; - is stdout", "-")
    .option("-e, --errors <file>", "file for bad and failed rows, as JSONL")
    .option("--in-format <format>", "jsonl, csv, tsv or text (default: by the file extension)")
    .option("--out-format <format>", "jsonl, csv or tsv (default: by the file extension)")
    .option(
      "--delimiter <text>",
      "delimiter of CSV (default: , or as in the input)",
      parseDelimiter,
    )
    .option("--encoding <name>", "encoding of the input (default: UTF-8, or UTF-16 if it is that)")
    .option("--max-row <bytes>", "maximum size of a row; larger rows are bad", parseBytes, 16e6)
    .option(
      "--map <param=column>",
      "column for a parameter; repeatable, or separated by commas",
      parsePairs,
      {},
    )
    .option("--key <column>", "column that identifies a row; with other parameters it is a new row")
    .option("--as <column>", "column for the answer", parseColumnName, "output")
    .option(
      "--columns <names>",
      "members of the answer as columns, in place of --as; label=new_label renames one",
      parseColumns,
    )
    .option("--meta", "add _line, _model, _tokens, _cost, _ms, _cached", false)
    .option("--ordered", "write rows in the order of the input, not as they are finished", false)
    .option("--limit <rows>", "maximum number of rows", parseCount)
    .optionsGroup("Agent:")
    .option("--prompt <template>", 'an agent without a file: "Label: {text}", or @file')
    .option("--system <text>", "system message for --prompt, or @file")
    .option("--schema <file>", "JSON Schema of the answers for --prompt")
    .option("-m, --model <name>", "model")
    .option("--temperature <number>", "temperature of the model", parseNumber)
    .option("--max-tokens <number>", "maximum tokens of an answer", parseCount)
    .option("--base-url <url>", "server (default: OPENAI_BASE_URL, or OpenAI)", parseServerUrl)
    .option(
      "--price <in,out>",
      "US dollars per million input and output tokens, if the model's price is unknown",
      parsePrice,
    )
    .option(
      "--simulate",
      "a simulated server in this process answers, without a key (see shoal simulate)",
      false,
    )
    .optionsGroup("Speed and cost:")
    .option(
      "-c, --concurrency <rows>",
      "rows in flight (default: 10); adaptive discovers how many the server accepts",
      parseConcurrency,
    )
    .option(
      "--workers <number>",
      "run the calls in this many workers, for an agent that keeps a processor busy",
      parseCount,
    )
    .option("--rpm <requests>", "limit of requests per minute", parsePositive)
    .option("--tpm <tokens>", "limit of tokens per minute", parsePositive)
    .option("--budget <dollars>", "maximum cost of the run, over all its starts", parsePositive)
    .option("--retries <times>", "maximum number of retries", parseWhole)
    .option("--timeout <time>", "timeout of a row with its retries: 30s, 2m", parseDuration)
    .option(
      "--pilot <rows>",
      "run a sample of the rows, estimate cost and time of all, and ask",
      parseCount,
    )
    .option("-y, --yes", "continue after the pilot without asking", false)
    .option(
      "--provider-batch",
      "use the provider's batch files: half the price, within a day",
      false,
    )
    .option("--poll <time>", "time between two polls of a batch", parseDuration, 30_000)
    .optionsGroup("Runs:")
    .option("--run <name>", "name of the run (default: from agent, input and output)")
    .addOption(dirOption())
    .addOption(new Option("--keep-record").hideHelp())
    .option("--resume", "continue the run if it has started before", false)
    .option("--fresh", "delete the run, overwrite the output and start over", false)
    .option("--retry-failed", "with --resume: retry failed rows", false)
    .option(
      "--grace <time>",
      "how long calls in flight may take after Ctrl-C",
      parseDurationOrZero,
      10_000,
    )
    .option(
      "--dry-run",
      "show the first requests and an estimate for all rows; send and write nothing",
      false,
    )
    .option(
      "--json",
      "print a summary as JSON at the end, on stdout if --out is a file, else on stderr",
      false,
    )
    .option("-q, --quiet", "show no progress", false)
    .option(
      "--progress-every <time>",
      "time between two lines of progress, where there is no terminal",
      parseDuration,
      5_000,
    );
}
