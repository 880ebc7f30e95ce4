import { type BudgetOptions, type CallOptions, type Result, stream } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import type { Mode } from "../../call/options/mode.ts";
import type { Journal } from "../../journal/mod.ts";
import type { Display } from "./display.ts";
import type { FormatRow } from "../rows/format_row.ts";
import { GiveUpRule } from "./give_up.ts";
import { ReorderBuffer } from "../rows/reorder_buffer.ts";
import type { Interrupt } from "../interrupt.ts";
import { missingPermission } from "../permission_error.ts";
import type { LineOutput } from "../rows/output_file.ts";
import type { RowMapper } from "../rows/row_params.ts";
import { type BadRow, type InputRow, isBadRow } from "../rows/row.ts";
import { rowKey } from "../rows/row_key.ts";
import type { RunSettings } from "./run_settings.ts";
import { untilAborted } from "../until_aborted.ts";
import type { RunStats } from "./run_stats.ts";

/** Everything that a run works with. */
export interface RunContext {
  /** Who is called. */
  readonly agent: Callable;
  /** How each is called. */
  readonly callOptions: CallOptions;
  /** Where calls are made, if not on this event loop. */
  readonly mode: Mode | undefined;
  /** What it was told. */
  readonly settings: RunSettings;
  /** What remembers it. */
  readonly journal: Journal;
  /** Its name in there. */
  readonly runId: string;
  /** Works on failed rows again. */
  readonly retryFailed: boolean;
  /** What it may still spend. */
  readonly budget: BudgetOptions | undefined;
  /** Makes parameters of rows. */
  readonly toParams: RowMapper;
  /** Looks at the first row, before anything is sent. */
  readonly checkRow: (row: InputRow) => void;
  /** Counts. */
  readonly stats: RunStats;
  /** Tells. */
  readonly display: Display;
  /** Ends it. */
  readonly interrupt: Interrupt;
}

/** Where rows go. */
export interface RowSinks {
  /** Makes lines of answers. */
  readonly formatRow: FormatRow;
  /** Takes the answers. */
  readonly output: LineOutput;
  /** Takes rows that are bad or have failed. */
  readonly errors: LineOutput | undefined;
}

/** Why a run ended before its rows did. */
export type EarlyEnd = "budget" | "hopeless" | undefined;

/** So many rows are told of by themselves; the others are counted. */
const MAX_LOGGED_ROWS = 5;

/** Runs rows, and writes what comes of them as it comes. */
export async function runRows(
  rows: AsyncIterable<InputRow | BadRow>,
  parts: RunContext,
  { formatRow: write, output, errors }: RowSinks,
): Promise<EarlyEnd> {
  const { agent, settings, stats: tally, display, interrupt } = parts;
  const order = settings.ordered ? new ReorderBuffer<string>(reorderWindow(settings)) : undefined;
  let ended: EarlyEnd;
  let told = 0;
  const hope = new GiveUpRule();

  const tell = (line: number, what: string) => {
    if (++told <= MAX_LOGGED_ROWS) display.log(`line ${line}: ${what}`);
    else if (told === MAX_LOGGED_ROWS + 1) display.log(`more rows failed: ${errorsHint(settings)}`);
  };
  async function* calls() {
    let index = 0;
    for await (const row of untilAborted(rows, interrupt.stopSignal)) {
      if (isBadRow(row)) {
        tally.bad++;
        tell(row.line, row.problem);
        await errors?.write(
          formatJsonLine({ line: row.line, code: "bad_row", message: row.problem }),
        );
        continue;
      }
      if (index === settings.limit) return;
      parts.checkRow(row);
      await order?.waitForRoom(index++);
      if (order === undefined) index++;
      yield [agent, parts.toParams(row.value), {
        ...parts.callOptions,
        ...rowKey(row, settings.key),
        metadata: row,
      }] as const;
    }
  }
  const fail = async (row: InputRow, { error, replayed }: Result & { readonly ok: false }) => {
    const { code, status, message } = error;
    if (!replayed) tell(row.line, `${code}: ${missingPermission(error) ?? message}`);
    await errors?.write(formatJsonLine({ line: row.line, code, status, message, row: row.value }));
  };
  const end = (why: EarlyEnd) => {
    if (ended !== undefined) return;
    ended = why;
    interrupt.requestStop();
  };
  const { concurrency, rpm, tpm } = settings;
  const items = stream(calls(), {
    journal: parts.journal,
    runId: parts.runId,
    retryFailed: parts.retryFailed,
    mode: parts.mode,
    concurrency: concurrency === "auto"
      ? { onChange: ({ concurrency }) => tally.limit = concurrency }
      : concurrency,
    limits: { requestsPerMinute: rpm, tokensPerMinute: tpm },
    ...(parts.budget !== undefined && { budget: parts.budget }),
    signal: interrupt.abortSignal,
    onProgress: (report) => tally.progress = report,
  });
  try {
    for await (const { result, index } of items) {
      const row = result.metadata as InputRow;
      let line: string | undefined;
      if (!result.ok && isRetriedOnResume(result, interrupt.abortSignal)) {
        tally.unfinished++;
        tally.addUsage(result);
        if (result.error.code === "budget") end("budget");
      } else {
        tally.count(result);
        if (hope.shouldStopAfter(result)) end("hopeless");
        if (result.ok) line = write(row, result);
        else await fail(row, result);
      }
      const lines = order === undefined ? line : order.add(index, line).join("");
      if (lines !== undefined && lines !== "") {
        const full = output.write(lines);
        if (full !== undefined) await full;
      }
    }
  } catch (error) {
    // The abort is ours: what was in flight did not end within its time.
    if (!interrupt.abortSignal.aborted || error !== interrupt.abortSignal.reason) throw error;
  } finally {
    // What waits for a row that does not come any more is written nevertheless.
    for (const line of order?.drain() ?? []) await output.write(line);
  }
  return ended;
}

/** What has failed for reasons of this start only: another one does it. */
function isRetriedOnResume({ error }: Result, abort: AbortSignal): boolean {
  const code = error?.code;
  return abort.aborted || code === "aborted" || code === "budget" || code === "circuit_open";
}

function reorderWindow({ concurrency }: RunSettings): number {
  return Math.max(1_000, 20 * (concurrency === "auto" ? 1_000 : concurrency));
}

function errorsHint({ errors }: RunSettings): string {
  return errors === undefined ? "--errors FILE keeps them all" : `see ${errors}`;
}

function formatJsonLine(value: unknown): string {
  return JSON.stringify(value) + "\n";
}
