import {
  type BudgetOptions,
  type CallOptions,
  type Result,
  RunError,
  stream,
} from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import type { Mode } from "../../call/options/mode.ts";
import type { Journal } from "../../journal/mod.ts";
import { isLongWait } from "../../model/errors.ts";
import { stringifyExact } from "../../model/exact_json.ts";
import { ownCodeErrors } from "../../model/own_code.ts";
import type { AnswerCheck } from "../checks/check_answers.ts";
import type { CliError } from "../cli_error.ts";
import type { Interrupt } from "../interrupt.ts";
import { errorText } from "../messages/describe_error.ts";
import type { FormatRow } from "../rows/format_row.ts";
import type { RowCheck } from "../rows/check_row.ts";
import type { LineOutput } from "../rows/output_file.ts";
import { ReorderBuffer } from "../rows/reorder_buffer.ts";
import { type BadRow, type InputRow, isBadRow, rowKey } from "../rows/row.ts";
import type { RowMapper } from "../rows/row_params.ts";
import { untilAborted } from "../until_aborted.ts";
import type { Display } from "./display.ts";
import { GiveUpRule } from "./give_up.ts";
import type { RunSettings } from "./run_settings.ts";
import type { RunStats } from "./run_stats.ts";
import { wasSent } from "./was_sent.ts";

/** What a run and its pilot share. */
export interface RunSession {
  /** The agent that is called. */
  readonly agent: Callable;
  /** The options of each call. */
  readonly callOptions: CallOptions;
  /** Where calls run; `undefined` for the event loop. */
  readonly mode: Mode | undefined;
  /** The settings of the run. */
  readonly settings: RunSettings;
  /** The journal that records the rows. */
  readonly journal: Journal;
  /** The name of the run in the journal. */
  readonly runId: string;
  /** Whether failed rows run again. */
  readonly retryFailed: boolean;
  /** The budget that is left. */
  readonly budget: BudgetOptions | undefined;
  /** Maps rows to parameters. */
  readonly toParams: RowMapper;
  /** Returns why a row cannot be sent. */
  readonly findProblem: RowCheck;
  /** Checks answers whose members are not known in advance. */
  readonly answerCheck: AnswerCheck;
  /** Counts the rows. */
  readonly stats: RunStats;
  /** Shows the progress. */
  readonly display: Display;
  /** Interrupts the run. */
  readonly interrupt: Interrupt;
  /** Called when a row was sent: from then on, the run can be resumed. */
  readonly keepRun: () => Promise<void>;
}

/** Where rows are written. */
export interface RowSinks {
  /** Formats answers. */
  readonly formatRow: FormatRow;
  /** The output for answers. */
  readonly output: LineOutput;
  /** The output for bad and failed rows. */
  readonly errors: LineOutput | undefined;
}

/** Why a run stopped by itself before its last row; `undefined` if it did not. */
export type EarlyEnd = "budget" | "hopeless" | "rate limit" | "columns" | undefined;

/** Runs rows and writes their results. Returns why it stopped early, if it did. */
export async function runRows(
  rows: AsyncIterable<InputRow | BadRow>,
  session: RunSession,
  { formatRow, output, errors }: RowSinks,
): Promise<EarlyEnd> {
  const { agent, settings, stats, interrupt } = session;
  const { concurrency, rpm, tpm } = settings;
  const order = settings.ordered ? new ReorderBuffer<string>(reorderWindow(settings)) : undefined;
  const logProblem = createProblemLog(session);
  const giveUp = new GiveUpRule();
  let earlyEnd: EarlyEnd;
  let answerError: CliError | undefined;

  const skipRow = async (line: number, problem: string, value?: unknown) => {
    stats.bad++;
    logProblem(line, problem);
    await errors?.write(formatJsonLine({ line, code: "bad_row", message: problem, row: value }));
  };
  async function* calls() {
    let index = 0;
    for await (const row of untilAborted(rows, interrupt.stopSignal)) {
      stats.rows.read++;
      if (isBadRow(row)) {
        if (row.isEmpty) stats.empty++;
        else {
          stats.unreadable++;
          await skipRow(row.line, row.problem);
        }
        continue;
      }
      const problem = session.findProblem(row);
      if (problem !== undefined) {
        await skipRow(row.line, problem, row.value);
        continue;
      }
      await order?.waitForRoom(index++);
      if (order === undefined) index++;
      yield [agent, session.toParams(row.value), {
        ...session.callOptions,
        ...rowKey(row, settings.key),
        metadata: row,
      }] as const;
      // Without reading the next row, which may not exist yet.
      if (index === settings.limit) break;
    }
    if (!interrupt.stopSignal.aborted) stats.rows.isComplete = true;
  }
  const writeFailure = async (row: InputRow, failure: Result & { readonly ok: false }) => {
    const { code, status } = failure.error;
    const message = errorText(failure.error);
    if (!failure.replayed) logProblem(row.line, `${code}: ${message}`);
    await errors?.write(formatJsonLine({ line: row.line, code, status, message, row: row.value }));
  };
  const logOwnErrors = (row: InputRow, result: Result) => {
    if (result.replayed) return;
    for (const error of ownCodeErrors(result)) {
      stats.toolErrors++;
      logProblem(row.line, errorText(error));
    }
  };
  const stopEarly = (reason: EarlyEnd) => {
    if (earlyEnd !== undefined) return;
    earlyEnd = reason;
    interrupt.requestStop();
  };
  const items = stream(calls(), {
    journal: session.journal,
    runId: session.runId,
    retryFailed: session.retryFailed,
    mode: session.mode,
    concurrency: concurrency === "adaptive"
      ? { onChange: ({ concurrency }) => stats.limit = concurrency }
      : concurrency,
    limits: { requestsPerMinute: rpm, tokensPerMinute: tpm },
    ...(session.budget !== undefined && { budget: session.budget }),
    signal: interrupt.abortSignal,
    onProgress: (report) => stats.progress = report,
  });
  try {
    for await (const { result, index } of items) {
      const row = result.metadata as InputRow;
      let line: string | undefined;
      if (!stats.isSent && wasSent(result, agent)) {
        stats.isSent = true;
        await session.keepRun();
      }
      if (!result.ok && isRetriedOnResume(result, interrupt.abortSignal)) {
        stats.countUnfinished(result);
        if (result.error.code === "budget") stopEarly("budget");
        else if (isLongWait(result.error)) {
          stats.renewsAt = Date.now() + result.error.retryAfterMs!;
          stopEarly("rate limit");
        }
      } else {
        stats.count(result);
        if (giveUp.shouldStopAfter(result)) stopEarly("hopeless");
        if (result.ok) {
          line = formatRow(row, result);
          answerError ??= session.answerCheck.check(result.content, row.line);
          if (answerError !== undefined) stopEarly("columns");
          logOwnErrors(row, result);
        } else await writeFailure(row, result);
      }
      const lines = order === undefined ? line : order.add(index, line).join("");
      if (lines !== undefined && lines !== "") {
        const written = output.write(lines);
        if (written !== undefined) await written;
      }
    }
  } catch (error) {
    // The cause of a run that ended early; otherwise what a sink threw.
    const cause = error instanceof RunError ? error.cause : error;
    // The run aborts its own calls when their grace is over: that is no error.
    if (!interrupt.abortSignal.aborted || cause !== interrupt.abortSignal.reason) throw cause;
  } finally {
    // Rows that wait for an unfinished one are written out of order rather than lost.
    for (const line of order?.drain() ?? []) await output.write(line);
  }
  // Calls in flight have finished: nothing that was paid for is lost.
  if (answerError !== undefined) throw answerError;
  return earlyEnd;
}

/** The number of problems that are logged one by one. */
const MAX_LOGGED_PROBLEMS = 5;

/** Returns a function that logs the problem of a line, and falls silent after a few. */
function createProblemLog(
  { display, settings: { errors } }: RunSession,
): (line: number, problem: string) => void {
  let count = 0;
  return (line, problem) => {
    count++;
    if (count <= MAX_LOGGED_PROBLEMS) display.log(`line ${line}: ${problem}`);
    if (count !== MAX_LOGGED_PROBLEMS + 1) return;
    const hint = errors === undefined ? "--errors FILE lists them all" : `see ${errors}`;
    display.log(`more rows failed: ${hint}`);
  };
}

/** Whether the row failed for a reason of this start only, so that `shoal resume` runs it again. */
function isRetriedOnResume({ error }: Result, abortSignal: AbortSignal): boolean {
  const code = error?.code;
  return abortSignal.aborted || code === "aborted" || code === "budget" ||
    code === "circuit_open" || error !== undefined && isLongWait(error);
}

function reorderWindow({ concurrency }: RunSettings): number {
  return Math.max(1_000, 20 * (concurrency === "adaptive" ? 1_000 : concurrency));
}

function formatJsonLine(value: unknown): string {
  return stringifyExact(value) + "\n";
}
