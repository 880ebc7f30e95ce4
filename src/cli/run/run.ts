import { countLines } from "../rows/count_lines.ts";
import { display as openDisplay } from "./display.ts";
import { CliError } from "../exit_code.ts";
import { rowWriter } from "../rows/format_row.ts";
import { interruptible } from "../interrupt.ts";
import { openOutput, type Output, withHead } from "../rows/output_file.ts";
import { checkAnswerColumns, firstRowCheck } from "../rows/check_first_row.ts";
import { paramsFor } from "../rows/row_params.ts";
import { pilot } from "./pilot.ts";
import { ROWS_IN_BATCHES } from "./provider_batch.ts";
import { type Format, formatOf, openRows } from "../rows/open_rows.ts";
import { budgetLeft, checkPaths, folderFor, prepare } from "./prepare_run.ts";
import { endOf, slip, withHint } from "./report_end.ts";
import { fromJournal } from "./run_folder.ts";
import { runRows } from "./run_rows.ts";
import type { RunSettings, ToldSettings } from "./run_settings.ts";
import { agentFor, askingAt, callOptionsOf, providerFor } from "./run_setup.ts";
import { serverVariable } from "../server_variable.ts";
import { Tally } from "./run_stats.ts";
import { workerPool } from "./open_worker_pool.ts";

/**
 * Runs an agent over rows.
 *
 * @param args What stood on the command line, to be kept for `shoal resume`.
 * @returns The exit code.
 */
export async function run(
  reference: string | undefined,
  told: ToldSettings,
  args: readonly string[],
): Promise<number> {
  const { concurrency = told.providerBatch ? ROWS_IN_BATCHES : 10 } = told;
  const settings: RunSettings = { ...told, concurrency };
  if (settings.in === "-" && Deno.stdin.isTerminal()) {
    throw new CliError("Cannot read rows from the terminal: name a file by --in, or use a pipe");
  }
  checkPaths(settings);
  const named = await agentFor(reference, settings);
  const call = callOptionsOf(settings);
  const paramsOf = paramsFor(named, settings.map);
  checkAnswerColumns(named, settings.columns);
  const outFormat = formatOf(settings.out, settings.outFormat);
  if (outFormat === "text") {
    throw new CliError("Cannot write text: name jsonl, csv or tsv by --out-format");
  }
  const inFormat = formatOf(settings.in, settings.inFormat);
  const isCsv = inFormat === "csv" || inFormat === "tsv";
  const from = {
    path: settings.in,
    format: inFormat,
    delimiter: settings.delimiter,
    maxRow: settings.maxRow,
  };
  const folder = folderFor(reference, settings);
  // Before anything is made or forgotten: an input that is not there is a slip of the pen.
  using _ = serverVariable(settings.workers === undefined ? undefined : settings.baseUrl);
  await using pool = await workerPool(reference, named, settings);
  const rows = await openRows(from);
  const isNew = await prepare(folder, settings);
  await folder.make();
  await using journal = folder.journal();
  const display = openDisplay({ quiet: settings.quiet, every: settings.progressEvery });
  await using provider = providerFor(settings, folder, (text) => display.note(text));
  const agent = pool === undefined ? askingAt(named, provider) : named;
  const tally = new Tally();
  const counting = new AbortController();
  try {
    const budget = await budgetLeft(journal, folder.name, settings);
    if (!settings.again) {
      const createdAt = (await folder.record())?.createdAt ?? Date.now();
      await folder.keep({ args: [...args], cwd: Deno.cwd(), createdAt });
    }
    using interrupt = interruptible({
      grace: settings.grace,
      onStop: () =>
        display.note(
          `stopping: what is in flight has ${
            settings.grace / 1_000
          } s to finish; once more ends it at once`,
        ),
      exit: Deno.exit,
    });
    const parts = {
      agent,
      call,
      mode: pool,
      settings,
      journal,
      runId: folder.name,
      retryFailed: settings.retryFailed,
      budget,
      paramsOf,
      look: firstRowCheck({ agent, settings, isTable: isCsv, note: display.note }),
      tally,
      display,
      interrupt,
    };
    if (settings.pilot !== undefined) {
      const code = await pilot(settings.pilot, from, parts);
      if (code !== undefined) return code;
    }
    const { head, write } = rowWriter(
      { ...settings, format: outFormat as Format },
      () => rows.header,
    );
    // Another process that works on this run must not lose its output to this one.
    await (await journal.open(folder.name)).close();
    const output = withHead(await openOutput(settings.out), head);
    let errors: Output | undefined;
    let whole = false;
    try {
      errors = settings.errors === undefined ? undefined : await openOutput(settings.errors);
      countLines(settings.in, counting.signal).then((lines) => {
        if (lines === undefined) return;
        const total = Math.max(0, isCsv ? lines - 1 : lines);
        tally.total = Math.min(total, settings.limit ?? Infinity);
        tally.about = isCsv;
      }, () => {});
      display.follow(() => tally.view(folder.name));
      const began = performance.now();
      const ended = await runRows(rows, parts, { write, output, errors });
      whole = tally.unfinished === 0 && !interrupt.stop.aborted;
      await output.close(whole);
      await errors?.close(whole);
      display.end();
      return endOf({
        tally,
        display,
        ended,
        interrupt,
        settings,
        folder,
        ms: performance.now() - began,
      });
    } catch (error) {
      display.end();
      // What ended the run is the error to tell.
      if (!whole) await output.close(false).catch(() => {});
      await errors?.close(false).catch(() => {});
      throw withHint(fromJournal(error), folder);
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw fromJournal(error);
    // A slip that let nothing be sent (no key, no price) has begun no run: the next start need not be told to go on.
    if (isNew && tally.ok + tally.failed === 0) await folder.unkeep();
    throw slip(error, settings);
  } finally {
    counting.abort();
  }
}
