import { batch, type Result, RunError } from "../../../mod.ts";
import { createDisplay as openDisplay } from "./display.ts";
import { CliError, EXIT } from "../exit_code.ts";
import { type Estimate, estimateRun } from "./estimate.ts";
import { type InputRow, isBadRow } from "../rows/row.ts";
import { rowKey } from "../rows/row_key.ts";
import { openRows, type RowSource } from "../rows/open_rows.ts";
import type { RunContext } from "./run_rows.ts";
import { ReservoirSample } from "./reservoir_sample.ts";
import { formatDollars, formatDuration, formatInteger } from "../format.ts";

/**
 * Runs some rows, each with the same chance to be among them, tells what all will cost and take, and asks whether to go on. The rows
 * are recorded in the journal, so that they are not asked again.
 *
 * @returns The exit code; `undefined` if the run is to go on.
 * @throws {CliError} If the input can be read only once.
 */
export async function runPilot(
  rows: number,
  from: RowSource,
  parts: RunContext,
): Promise<number | undefined> {
  const { settings, interrupt } = parts;
  if (from.path === "-") {
    throw new CliError(
      "Cannot pilot the standard input as it can be read only once: name a file by --in",
    );
  }
  const sample = new ReservoirSample<InputRow>(rows);
  for await (const row of await openRows(from)) {
    if (interrupt.stopSignal.aborted) return interrupt.exitCode;
    if (isBadRow(row) || sample.seen >= (settings.limit ?? Infinity)) continue;
    parts.checkRow(row);
    sample.add(row);
  }
  const { log: note } = openDisplay({ quiet: true, every: 0 });
  // In the order of the input: of rows that are the same the first ones are meant.
  const some = [...sample.items].sort((a, b) => a.line - b.line);
  note(`pilot: ${formatInteger(some.length)} of ${formatInteger(sample.seen)} rows`);
  const { concurrency } = settings;
  const began = performance.now();
  // Looked at before any of them is paid for.
  const sampled = some.map((row) =>
    [parts.agent, parts.toParams(row.value), {
      ...parts.callOptions,
      ...rowKey(row, settings.key),
    }] as const
  );
  function* calls() {
    for (const call of sampled) {
      if (interrupt.stopSignal.aborted) return;
      yield call;
    }
  }
  let results: readonly Result[];
  try {
    results = await batch(calls(), {
      journal: parts.journal,
      runId: parts.runId,
      retryFailed: parts.retryFailed,
      mode: parts.mode,
      concurrency: concurrency === "auto" ? {} : concurrency,
      limits: { requestsPerMinute: settings.rpm, tokensPerMinute: settings.tpm },
      signal: interrupt.abortSignal,
      ...(parts.budget !== undefined && { budget: parts.budget }),
    });
  } catch (error) {
    if (interrupt.abortSignal.aborted) return reportStopped(parts);
    throw error instanceof RunError ? error.cause ?? error : error;
  }
  if (interrupt.stopSignal.aborted) return reportStopped(parts);
  const wallMs = performance.now() - began;
  const { rpm, tpm } = settings;
  const pace = { concurrency: concurrency === "auto" ? undefined : concurrency, rpm, tpm, wallMs };
  for (const line of formatEstimate(estimateRun(results, sample.seen, pace))) note(line);
  if (settings.yes) return undefined;
  return await confirm(`Run all ${formatInteger(sample.seen)} rows? [y/N] `)
    ? undefined
    : EXIT.pilot;
}

/** What has finished is recorded, as it was paid for. */
function reportStopped({ interrupt, display, runId }: RunContext): number | undefined {
  display.log(`To go on: shoal resume ${runId}`);
  return interrupt.exitCode;
}

function formatEstimate({ ok, failed, cost, tokens, ms, limitedBy }: Estimate): readonly string[] {
  const between = (
    { low, high, mean }: { low: number; high: number; mean: number },
    word: (n: number) => string,
  ) => `about ${word(mean)} (${word(low)} to ${word(high)}, 95 %)`;
  return [
    `${formatInteger(ok)} ok, ${formatInteger(failed)} failed`,
    `all rows: ${cost === undefined ? "no known price" : between(cost, formatDollars)}, ${
      between(tokens, formatInteger)
    } tokens, ${between(ms, formatDuration)}${
      limitedBy === undefined ? "" : `, limited by ${limitedBy}`
    }`,
  ];
}

/** Asks on the terminal; where there is none the answer is no. */
async function confirm(question: string): Promise<boolean> {
  const { log: note } = openDisplay({ quiet: true, every: 0 });
  if (!Deno.stdin.isTerminal()) {
    note(`Not asked, as there is no terminal: --yes goes on`);
    return false;
  }
  note(question);
  const buffer = new Uint8Array(256);
  const n = await Deno.stdin.read(buffer);
  return /^\s*y(es)?\s*$/i.test(new TextDecoder().decode(buffer.subarray(0, n ?? 0)));
}
