/** What `shoal run --dry-run` finds. */
import type { Cost, ModelRequest } from "../../../mod.ts";

/** What `shoal run --dry-run --json` prints to the standard output, as one line. */
export interface DryRunReport {
  /** The kind of the line. */
  readonly type: "dry-run";
  /** The name that the run would have. */
  readonly runId: string;
  /** The name of the agent. */
  readonly agent: string;
  /** The number of rows in the input, up to `--limit`. */
  readonly rows: number;
  /** The number of rows that cannot be read or sent. */
  readonly bad: number;
  /** The number of rows whose cells are all empty: they are not sent. */
  readonly empty: number;
  /** The number of rows that an earlier start has finished: they are not sent again. */
  readonly recorded: number;
  /** The number of rows whose request was rendered: all, or a random sample of 1,000. */
  readonly sampled: number;
  /** The number of rows in the sample that would fail before anything is sent. */
  readonly invalid: number;
  /** What is wrong, but does not keep the run from starting. */
  readonly warnings: readonly string[];
  /** The requests of the first three rows. Empty if they depend on the answers of other agents. */
  readonly requests: readonly DryRunRequest[];
  /** The estimate for all rows. Absent if the requests are unknown. */
  readonly estimate?: DryRunEstimate;
}

/** A request that would be sent. */
export interface DryRunRequest {
  /** The line of the row in the input, from 1. */
  readonly line: number;
  /** The name of the provider. */
  readonly provider: string;
  /** The URL, without keys. Absent if the provider is not one of `openai()`. */
  readonly url?: string;
  /** The JSON that would be sent to this URL. */
  readonly body?: unknown;
  /** The request as the library passes it to the provider. */
  readonly request: ModelRequest;
}

/**
 * The estimate of a dry run: one request for each row. Retries, repairs, fallbacks, further rounds
 * with tools, and cached input are not in it.
 */
export interface DryRunEstimate {
  /** The models that would be called. */
  readonly models: readonly string[];
  /** The number of requests. */
  readonly requests: number;
  /** The tokens of all requests, at four characters a token. */
  readonly inputTokens: number;
  /** The maximum tokens of all requests, for nearly any language and tokenizer. */
  readonly maxInputTokens: number;
  /** The tokens of all answers: 200 for each, as no answer is known yet, or `--max-tokens`. */
  readonly outputTokens: number;
  /** The maximum tokens of all answers. Absent if `--max-tokens` or the agent sets none. */
  readonly maxOutputTokens?: number;
  /** The cost of these tokens in US dollars. Absent if a price is unknown. */
  readonly cost?: Cost;
  /** The cost of the maximum tokens in US dollars, if both maxima and all prices are known. */
  readonly maxCost?: number;
  /** The models whose price is unknown. */
  readonly unpriced: readonly string[];
}
