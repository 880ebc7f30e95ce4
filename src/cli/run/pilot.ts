import { batch, type Result, RunError } from "../../../mod.ts";
import { display as openDisplay } from "./display.ts";
import { CliError, EXIT } from "../exit_code.ts";
import { type Estimate, estimate } from "./estimate.ts";
import { isBad, type Row } from "../rows/row.ts";
import { keyOf } from "../rows/row_key.ts";
import { openRows, type RowsFrom } from "../rows/open_rows.ts";
import type { RunParts } from "./run_rows.ts";
import { Sample } from "./reservoir_sample.ts";
import { dollars, integer, span } from "../format.ts";

/**
 * Runs some rows, each with the same chance to be among them, tells what all will cost and take, and asks whether to go on. The rows
 * are recorded in the journal, so that they are not asked again.
 *
 * @returns The exit code; `undefined` if the run is to go on.
 * @throws {CliError} If the input can be read only once.
 */
export async function pilot(
  rows: number,
  from: RowsFrom,
  parts: RunParts,
): Promise<number | undefined> {
  const { settings, interrupt } = parts;
  if (from.path === "-") {
    throw new CliError(
      "Cannot pilot the standard input as it can be read only once: name a file by --in",
    );
  }
  const sample = new Sample<Row>(rows);
  for await (const row of await openRows(from)) {
    if (interrupt.stop.aborted) return interrupt.exitCode;
    if (isBad(row) || sample.seen >= (settings.limit ?? Infinity)) continue;
    parts.look(row);
    sample.see(row);
  }
  const { note } = openDisplay({ quiet: true, every: 0 });
  // In the order of the input: of rows that are the same the first ones are meant.
  const some = [...sample.items].sort((a, b) => a.line - b.line);
  note(`pilot: ${integer(some.length)} of ${integer(sample.seen)} rows`);
  const { concurrency } = settings;
  const began = performance.now();
  // Looked at before any of them is paid for.
  const sampled = some.map((row) =>
    [parts.agent, parts.paramsOf(row.value), {
      ...parts.call,
      ...keyOf(row, settings.key),
    }] as const
  );
  function* calls() {
    for (const call of sampled) {
      if (interrupt.stop.aborted) return;
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
      concurrency,
      limits: { requestsPerMinute: settings.rpm, tokensPerMinute: settings.tpm },
      signal: interrupt.abort,
      ...(parts.budget !== undefined && { budget: parts.budget }),
    });
  } catch (error) {
    if (interrupt.abort.aborted) return stopped(parts);
    throw error instanceof RunError ? error.cause ?? error : error;
  }
  if (interrupt.stop.aborted) return stopped(parts);
  const wallMs = performance.now() - began;
  const { rpm, tpm } = settings;
  const pace = {
    concurrency: concurrency === "adaptive" ? undefined : concurrency,
    rpm,
    tpm,
    wallMs,
  };
  for (const line of told(estimate(results, sample.seen, pace))) note(line);
  if (settings.yes) return undefined;
  return await asked(`Run all ${integer(sample.seen)} rows? [y/N] `) ? undefined : EXIT.pilot;
}

/** What has finished is recorded, as it was paid for. */
function stopped({ interrupt, display, runId }: RunParts): number | undefined {
  display.note(`To go on: shoal resume ${runId}`);
  return interrupt.exitCode;
}

function told({ ok, failed, cost, tokens, ms, limitedBy }: Estimate): readonly string[] {
  const between = (
    { low, high, mean }: { low: number; high: number; mean: number },
    word: (n: number) => string,
  ) => `about ${word(mean)} (${word(low)} to ${word(high)}, 95 %)`;
  return [
    `${integer(ok)} ok, ${integer(failed)} failed`,
    `all rows: ${cost === undefined ? "no known price" : between(cost, dollars)}, ${
      between(tokens, integer)
    } tokens, ${between(ms, span)}${limitedBy === undefined ? "" : `, limited by ${limitedBy}`}`,
  ];
}

/** Asks on the terminal; where there is none the answer is no. */
async function asked(question: string): Promise<boolean> {
  const { note } = openDisplay({ quiet: true, every: 0 });
  if (!Deno.stdin.isTerminal()) {
    note(`Not asked, as there is no terminal: --yes goes on`);
    return false;
  }
  note(question);
  const buffer = new Uint8Array(256);
  const n = await Deno.stdin.read(buffer);
  return /^\s*y(es)?\s*$/i.test(new TextDecoder().decode(buffer.subarray(0, n ?? 0)));
}
