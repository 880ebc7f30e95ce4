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
import type { Display } from "./display.ts";
import type { WriteRow } from "../rows/format_row.ts";
import { Hope } from "./give_up.ts";
import { InOrder } from "../rows/reorder_buffer.ts";
import type { Interrupt } from "../interrupt.ts";
import { lackingPermission } from "../permission_error.ts";
import type { Output } from "../rows/output_file.ts";
import type { ParamsOfRow } from "../rows/row_params.ts";
import { type BadRow, isBad, type Row } from "../rows/row.ts";
import { keyOf } from "../rows/row_key.ts";
import type { RunSettings } from "./run_settings.ts";
import { stoppable } from "../until_aborted.ts";
import type { Tally } from "./run_stats.ts";

/** Everything that a run works with. */
export interface RunParts {
  /** Who is called. */
  readonly agent: Callable;
  /** How each is called. */
  readonly call: CallOptions;
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
  readonly paramsOf: ParamsOfRow;
  /** Looks at the first row, before anything is sent. */
  readonly look: (row: Row) => void;
  /** Counts. */
  readonly tally: Tally;
  /** Tells. */
  readonly display: Display;
  /** Ends it. */
  readonly interrupt: Interrupt;
}

/** Where rows go. */
export interface RowSinks {
  /** Makes lines of answers. */
  readonly write: WriteRow;
  /** Takes the answers. */
  readonly output: Output;
  /** Takes rows that are bad or have failed. */
  readonly errors: Output | undefined;
}

/** Why a run ended before its rows did. */
export type Ended = "budget" | "hopeless" | undefined;

/** So many rows are told of by themselves; the others are counted. */
const TOLD = 5;

/** Runs rows, and writes what comes of them as it comes. */
export async function runRows(
  rows: AsyncIterable<Row | BadRow>,
  parts: RunParts,
  { write, output, errors }: RowSinks,
): Promise<Ended> {
  const { agent, settings, tally, display, interrupt } = parts;
  const order = settings.ordered ? new InOrder<string>(windowOf(settings)) : undefined;
  let ended: Ended;
  let told = 0;
  const hope = new Hope();

  const tell = (line: number, what: string) => {
    if (++told <= TOLD) display.note(`line ${line}: ${what}`);
    else if (told === TOLD + 1) display.note(`more rows failed: ${whereTo(settings)}`);
  };
  async function* calls() {
    let index = 0;
    for await (const row of stoppable(rows, interrupt.stop)) {
      if (isBad(row)) {
        tally.bad++;
        tell(row.line, row.problem);
        await errors?.add(lineOf({ line: row.line, code: "bad_row", message: row.problem }));
        continue;
      }
      if (index === settings.limit) return;
      parts.look(row);
      await order?.room(index++);
      if (order === undefined) index++;
      yield [agent, parts.paramsOf(row.value), {
        ...parts.call,
        ...keyOf(row, settings.key),
        metadata: row,
      }] as const;
    }
  }
  const fail = async (row: Row, { error, replayed }: Result & { readonly ok: false }) => {
    const { code, status, message } = error;
    if (!replayed) tell(row.line, `${code}: ${lackingPermission(error) ?? message}`);
    await errors?.add(lineOf({ line: row.line, code, status, message, row: row.value }));
  };
  const end = (why: Ended) => {
    if (ended !== undefined) return;
    ended = why;
    interrupt.end();
  };
  const { concurrency, rpm, tpm } = settings;
  const items = stream(calls(), {
    journal: parts.journal,
    runId: parts.runId,
    retryFailed: parts.retryFailed,
    mode: parts.mode,
    concurrency: concurrency === "adaptive"
      ? { onChange: ({ concurrency }) => tally.limit = concurrency }
      : concurrency,
    limits: { requestsPerMinute: rpm, tokensPerMinute: tpm },
    ...(parts.budget !== undefined && { budget: parts.budget }),
    signal: interrupt.abort,
    onProgress: (report) => tally.report = report,
  });
  try {
    for await (const { result, index } of items) {
      const row = result.metadata as Row;
      let line: string | undefined;
      if (!result.ok && isUnfinished(result, interrupt.abort)) {
        tally.unfinished++;
        tally.use(result);
        if (result.error.code === "budget") end("budget");
      } else {
        tally.count(result);
        if (hope.isLostWith(result)) end("hopeless");
        if (result.ok) line = write(row, result);
        else await fail(row, result);
      }
      const lines = order === undefined ? line : order.put(index, line).join("");
      if (lines !== undefined && lines !== "") {
        const full = output.add(lines);
        if (full !== undefined) await full;
      }
    }
  } catch (error) {
    // What ended the run; or what was thrown here, such as by a write.
    const cause = error instanceof RunError ? error.cause : error;
    // The abort is ours: what was in flight did not end within its time.
    if (!interrupt.abort.aborted || cause !== interrupt.abort.reason) throw cause;
  } finally {
    // What waits for a row that does not come any more is written nevertheless.
    for (const line of order?.rest() ?? []) await output.add(line);
  }
  return ended;
}

/** What has failed for reasons of this start only: another one does it. */
function isUnfinished({ error }: Result, abort: AbortSignal): boolean {
  const code = error?.code;
  return abort.aborted || code === "aborted" || code === "budget" || code === "circuit_open";
}

function windowOf({ concurrency }: RunSettings): number {
  return Math.max(1_000, 20 * (concurrency === "adaptive" ? 1_000 : concurrency));
}

function whereTo({ errors }: RunSettings): string {
  return errors === undefined ? "--errors FILE keeps them all" : `see ${errors}`;
}

function lineOf(value: unknown): string {
  return JSON.stringify(value) + "\n";
}
