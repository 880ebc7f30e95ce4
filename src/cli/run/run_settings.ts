import { type Command, Option } from "commander";
import { environment } from "../environment.ts";
import * as value from "../parse_value.ts";

/** What a run is told. */
export interface RunSettings {
  /** The input, `"-"` for the standard input. */
  readonly in: string;
  /** The output, `"-"` for the standard output. */
  readonly out: string;
  /** Where bad and failed rows go. */
  readonly errors?: string;
  /** What the input is. */
  readonly inFormat?: string;
  /** What the output is. */
  readonly outFormat?: string;
  /** What stands between two fields of CSV. */
  readonly delimiter?: string;
  /** The most bytes of a row. */
  readonly maxRow: number;
  /** Columns for parameters. */
  readonly map: Readonly<Record<string, string>>;
  /** The column that names a row. */
  readonly key?: string;
  /** The column for the answer. */
  readonly as: string;
  /** Members of the answer with columns of their own. */
  readonly columns?: readonly string[];
  /** Also what each call used. */
  readonly meta: boolean;
  /** In the order of the input. */
  readonly ordered: boolean;
  /** So many rows only. */
  readonly limit?: number;
  /** The agent without a file: its prompt, system message and schema. */
  readonly prompt?: string;
  /** The system message. */
  readonly system?: string;
  /** The schema of the answers. */
  readonly schema?: string;
  /** The model. */
  readonly model?: string;
  /** Setting of the model. */
  readonly temperature?: number;
  /** Setting of the model. */
  readonly maxTokens?: number;
  /** The server. */
  readonly baseUrl?: string;
  /** Dollars per million tokens of the model. */
  readonly price?: { readonly input: number; readonly output: number };
  /** Rows at a time. */
  readonly concurrency: number | "adaptive";
  /** So many workers make the calls; this event loop if absent. */
  readonly workers?: number;
  /** Requests in a minute. */
  readonly rpm?: number;
  /** Tokens in a minute. */
  readonly tpm?: number;
  /** Dollars that the run may cost, over all its starts. */
  readonly budget?: number;
  /** Attempts after the first. */
  readonly retries?: number;
  /** Milliseconds of an attempt. */
  readonly timeout?: number;
  /** The name of the run. */
  readonly run?: string;
  /** Where runs are kept. */
  readonly dir: string;
  /** Goes on with the run. */
  readonly resume: boolean;
  /** Is it told by what it was started with before? Then that stays as it is kept. */
  readonly again?: boolean;
  /** Begins anew. */
  readonly fresh: boolean;
  /** Works on failed rows again. */
  readonly retryFailed: boolean;
  /** So many rows first. */
  readonly pilot?: number;
  /** Asks nothing. */
  readonly yes: boolean;
  /** By batch files of the provider. */
  readonly providerBatch: boolean;
  /** Milliseconds between two looks at a batch file. */
  readonly poll: number;
  /** Milliseconds for what is in flight. */
  readonly grace: number;
  /** Shows no progress. */
  readonly quiet: boolean;
  /** Milliseconds between two lines of progress. */
  readonly progressEvery: number;
}

/** The same, as far as it stands on the command line. */
export type ToldSettings =
  & Omit<RunSettings, "concurrency">
  & Partial<Pick<RunSettings, "concurrency">>;

/** The option that all commands on runs have. */
export function dirOption(): Option {
  return new Option("--dir <folder>", "where runs are kept (env: SHOAL_DIR)")
    .default(environment("SHOAL_DIR") ?? ".shoal");
}

/** Gives a command the options of a run. */
export function withRunOptions(command: Command): Command {
  return command
    .optionsGroup("Rows:")
    .option("-i, --in <file>", "input: JSONL, CSV, TSV or text; - is stdin", "-")
    .option("-o, --out <file>", "output; - is stdout", "-")
    .option("-e, --errors <file>", "where bad and failed rows go, as JSONL")
    .option("--in-format <format>", "jsonl, csv, tsv or text (default: by the ending)")
    .option("--out-format <format>", "jsonl, csv or tsv (default: by the ending)")
    .option("--delimiter <text>", "between two fields of CSV", value.delimiter)
    .option("--max-row <bytes>", "the longest row; what is longer is a bad row", value.bytes, 16e6)
    .option(
      "--map <param=column>",
      "a column for a parameter; repeat it or use commas",
      value.pairs,
      {},
    )
    .option("--key <column>", "names a row: with another text in it, it is another row")
    .option("--as <column>", "the column for the answer", "output")
    .option("--columns <names>", "members of the answer as columns, in its place", value.names)
    .option("--meta", "adds _line, _model, _tokens, _cost, _ms, _cached", false)
    .option("--ordered", "writes in the order of the input, not as rows are finished", false)
    .option("--limit <rows>", "takes the first rows only", value.count)
    .optionsGroup("Agent:")
    .option("--prompt <template>", 'an agent without a file: "Label: {text}", or @file')
    .option("--system <text>", "its system message, or @file")
    .option("--schema <file>", "its JSON Schema of the answers")
    .option("-m, --model <name>", "the model")
    .option("--temperature <number>", "of the model", value.number)
    .option("--max-tokens <number>", "of an answer", value.count)
    .option("--base-url <url>", "the server (default: OPENAI_BASE_URL or OpenAI)")
    .option(
      "--price <in,out>",
      "dollars per million tokens, for a model of no known price",
      value.price,
    )
    .optionsGroup("How fast, how dear:")
    .option(
      "-c, --concurrency <rows>",
      "rows at a time; adaptive discovers what the server accepts (default: 10)",
      value.concurrency,
    )
    .option(
      "--workers <number>",
      "makes the calls in so many workers, for an agent of a file that keeps a processor busy",
      value.count,
    )
    .option("--rpm <requests>", "requests a minute", value.positive)
    .option("--tpm <tokens>", "tokens a minute", value.positive)
    .option("--budget <dollars>", "what the run may cost, all its starts together", value.positive)
    .option("--retries <times>", "attempts after the first", value.whole)
    .option("--timeout <time>", "of a call, retries and all: 30s, 2m", value.duration)
    .option(
      "--pilot <rows>",
      "runs some rows first, tells cost and time of all, and asks",
      value.count,
    )
    .option("-y, --yes", "asks nothing", false)
    .option(
      "--provider-batch",
      "by the provider's batch files: half the price, within a day",
      false,
    )
    .option("--poll <time>", "between two looks at a batch file", value.duration, 30_000)
    .optionsGroup("Runs:")
    .option("--run <name>", "the name of the run (default: made of agent, input and output)")
    .addOption(dirOption())
    .addOption(new Option("--again").hideHelp())
    .option("--resume", "goes on with the run, if it has begun", false)
    .option("--fresh", "forgets the run, overwrites the output and begins anew", false)
    .option("--retry-failed", "with --resume: works again on rows that have failed", false)
    .option(
      "--grace <time>",
      "what is in flight may take after Ctrl-C",
      value.durationOrNone,
      10_000,
    )
    .option("-q, --quiet", "shows no progress", false)
    .option(
      "--progress-every <time>",
      "between two lines of progress, where there is no terminal",
      value.duration,
      5_000,
    );
}
