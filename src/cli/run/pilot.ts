import { once } from "node:events";
import process from "node:process";
import { isatty } from "node:tty";
import { batch, type Result, RunError } from "../../../mod.ts";
import { EXIT } from "../exit_code.ts";
import { showDollars, showDuration, showInteger } from "../format.ts";
import { openRows, type RowSource } from "../rows/open_rows.ts";
import { type InputRow, isBadRow, rowKey, rowKeyProblem } from "../rows/row.ts";
import { writeStderr } from "../write_stderr.ts";
import { type Estimate, estimateRun, type Interval } from "./estimate.ts";
import { ReservoirSample } from "./reservoir_sample.ts";
import type { RunSession } from "./run_rows.ts";
import { wasSent } from "./was_sent.ts";

const STDIN = 0;

/**
 * Runs a random sample of the rows, reports the estimated cost and time of all rows, and asks
 * whether to continue. The journal records the sampled rows, so they are not sent again.
 *
 * @returns The exit code; `undefined` if the run continues.
 * @throws {CliError} If a row lacks its key, or an answer a member of `--columns`.
 */
export async function runPilot(
  size: number,
  source: RowSource,
  session: RunSession,
): Promise<number | undefined> {
  const { settings, interrupt } = session;
  const sample = new ReservoirSample<InputRow>(size);
  for await (const row of await openRows(source)) {
    if (interrupt.stopSignal.aborted) return interrupt.exitCode;
    if (isBadRow(row) || sample.seen >= (settings.limit ?? Infinity)) continue;
    // The run reports it. A missing key is reported now, before anything is paid for.
    if (rowKeyProblem(row, settings.key) === undefined && session.findProblem(row)) continue;
    sample.add(row);
  }
  writeStderr(
    `pilot: ${showInteger(sample.items.length)} of ${showInteger(sample.seen)} rows\n`,
  );
  const began = performance.now();
  const results = await runSample(sample.items, session);
  if (results === undefined || results.some((result) => wasSent(result, session.agent))) {
    await session.keepRun();
  }
  if (results === undefined || interrupt.stopSignal.aborted) {
    // Rows that have finished are recorded, as they were paid for.
    session.display.log(`To continue: shoal resume ${session.runId}`);
    return interrupt.exitCode;
  }
  // Later, the journal replays them: they count as spending only.
  for (const result of results) session.stats.totals?.addSpending(result);
  const firstOk = results.findIndex(({ ok }) => ok);
  const error = firstOk < 0
    ? undefined
    : session.answerCheck.check(results[firstOk]!.content, sampledLine(sample.items, firstOk));
  if (error !== undefined) throw error;
  const { concurrency, rpm, tpm } = settings;
  const estimate = estimateRun(results, sample.seen, {
    concurrency: concurrency === "adaptive" ? undefined : concurrency,
    rpm,
    tpm,
    wallMs: performance.now() - began,
  });
  writeStderr(formatEstimate(estimate).join("\n") + "\n");
  if (settings.yes) return undefined;
  const question = `Run all ${showInteger(sample.seen)} rows? [y/N] `;
  if (await confirm(question, interrupt.stopSignal)) return undefined;
  return interrupt.exitCode ?? EXIT.pilot;
}

function sortedByLine(rows: readonly InputRow[]): readonly InputRow[] {
  return [...rows].sort((a, b) => a.line - b.line);
}

/** Returns the line of a sampled row, by its index in the results. */
function sampledLine(rows: readonly InputRow[], index: number): number {
  return sortedByLine(rows)[index]!.line;
}

/** Runs the sampled rows. Returns `undefined` if the run was aborted. */
async function runSample(
  rows: readonly InputRow[],
  session: RunSession,
): Promise<readonly Result[] | undefined> {
  const { agent, settings, interrupt } = session;
  // The order of the input matters where rows are equal: the journal counts them in that order.
  const inOrder = sortedByLine(rows);
  // All parameters and keys are checked before the first row is paid for.
  const prepared = inOrder.map((row) =>
    [agent, session.toParams(row.value), {
      ...session.callOptions,
      ...rowKey(row, settings.key),
    }] as const
  );
  function* calls() {
    for (const call of prepared) {
      if (interrupt.stopSignal.aborted) return;
      yield call;
    }
  }
  const { concurrency, rpm, tpm } = settings;
  try {
    return await batch(calls(), {
      journal: session.journal,
      runId: session.runId,
      retryFailed: session.retryFailed,
      mode: session.mode,
      concurrency,
      limits: { requestsPerMinute: rpm, tokensPerMinute: tpm },
      signal: interrupt.abortSignal,
      ...(session.budget !== undefined && { budget: session.budget }),
    });
  } catch (error) {
    if (interrupt.abortSignal.aborted) return undefined;
    throw error instanceof RunError ? error.cause ?? error : error;
  }
}

function formatEstimate(estimate: Estimate): readonly string[] {
  const { ok, failed, cost, tokens, ms, limitedBy } = estimate;
  const formatInterval = ({ low, mean, high }: Interval, format: (n: number) => string) =>
    `about ${format(mean)} (${format(low)} to ${format(high)}, 95 %)`;
  const figures = [
    cost === undefined ? "no known price" : formatInterval(cost, showDollars),
    `${formatInterval(tokens, showInteger)} tokens`,
    formatInterval(ms, showDuration),
    ...(limitedBy === undefined ? [] : [`limited by ${limitedBy}`]),
  ];
  return [
    `${showInteger(ok)} ok, ${showInteger(failed)} failed`,
    `all rows: ${figures.join(", ")}`,
  ];
}

/** Asks the user on the terminal. Without a terminal, or if the run is interrupted, it is no. */
async function confirm(question: string, stopSignal: AbortSignal): Promise<boolean> {
  if (!isatty(STDIN)) {
    writeStderr("Stopped after the pilot, as there is no terminal to ask: --yes continues\n");
    return false;
  }
  writeStderr(question + "\n");
  const answer = await readLine(stopSignal);
  return /^\s*y(es)?\s*$/i.test(answer);
}

/** Returns the next line from the terminal; `""` if it has ended, or the signal aborts. */
async function readLine(signal: AbortSignal): Promise<string> {
  try {
    const [line] = await Promise.race([
      once(process.stdin, "data", { signal }),
      once(process.stdin, "end", { signal }),
    ]);
    return String(line ?? "");
  } catch {
    return "";
  } finally {
    process.stdin.pause();
  }
}
