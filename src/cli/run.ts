import { resolve } from "node:path";
import type { BudgetOptions } from "../../mod.ts";
import type { Journal } from "../journal/mod.ts";
import { countLines } from "./count_rows.ts";
import { display as openDisplay } from "./display.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { rowWriter } from "./format_row.ts";
import { interruptible } from "./interrupt.ts";
import { openOutput, type Output, withHead } from "./output_file.ts";
import { checkAnswerColumns, firstRowCheck } from "./first_row.ts";
import { paramsFor } from "./params.ts";
import { pilot } from "./pilot.ts";
import { ROWS_IN_BATCHES } from "./provider_batch.ts";
import { type Format, formatOf, openRows } from "./rows.ts";
import { endOf } from "./run_end.ts";
import { fromJournal, nameFor, RunFolder } from "./run_folder.ts";
import { runRows } from "./run_rows.ts";
import type { RunSettings, ToldSettings } from "./run_settings.ts";
import { agentFor, askingAt, callOptionsOf, providerFor } from "./run_setup.ts";
import { serverVariable } from "./server_variable.ts";
import { Tally } from "./tally.ts";
import { workerPool } from "./worker_pool.ts";

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

/** What is read must not be overwritten meanwhile. */
function checkPaths({ in: input, out, errors }: RunSettings): void {
  const paths = [input, out, errors].filter((path) => path !== undefined && path !== "-");
  const twice = paths.find((path, i) =>
    paths.some((other, j) => j < i && resolve(other!) === resolve(path!))
  );
  if (twice === undefined) return;
  throw new CliError(`Cannot use ${twice} for more than one of --in, --out and --errors`);
}

/** The folder of the run that is meant. */
function folderFor(reference: string | undefined, settings: RunSettings): RunFolder {
  const { prompt, system, schema, model } = settings;
  const who = reference ?? JSON.stringify([prompt, system, schema, model]);
  const at = (path: string) => path === "-" ? path : resolve(path);
  const name = settings.run ?? nameFor(who, at(settings.in), at(settings.out));
  if (name === "" || /[\\/]|^\.+$|^-/.test(name)) {
    throw new CliError(
      `Cannot name a run "${name}" as it must be the name of a folder, and begin with no "-"`,
    );
  }
  return new RunFolder(settings.dir, name);
}

/** Nothing that there is already is overwritten unless it was said so. Says whether the run begins now. */
async function prepare(folder: RunFolder, { resume, fresh, out }: RunSettings): Promise<boolean> {
  const before = await folder.record().catch((error) => {
    if (fresh) return "unreadable";
    throw error;
  });
  if (before !== undefined && fresh) {
    await folder.forget().catch((error) => {
      throw fromJournal(error);
    });
  }
  if (fresh) return true;
  if (before !== undefined && !resume) {
    throw new CliError(
      `Cannot begin the run "${folder.name}" as it has begun already: --resume goes on with it, --fresh begins anew`,
    );
  }
  if (before === undefined && out !== "-" && await hasContent(out)) {
    throw new CliError(`Cannot write ${out} as there is something in it: --fresh overwrites it`);
  }
  return before === undefined;
}

async function hasContent(path: string): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile && size > 0;
  } catch {
    return false;
  }
}

/** What the run may still spend. */
async function budgetLeft(
  journal: Journal,
  runId: string,
  { budget }: RunSettings,
): Promise<BudgetOptions | undefined> {
  if (budget === undefined) return undefined;
  const spent = (await journal.summary(runId))?.cost?.total ?? 0;
  if (spent < budget) return { cost: budget - spent };
  throw new CliError(
    `Cannot go on with the run "${runId}" as its budget of $${budget} is spent: --budget gives it more`,
    EXIT.budget,
  );
}

/** What was asked for and cannot be meant, with what helps. */
function slip(cause: Error, { budget, price }: RunSettings): CliError {
  const hint = budget !== undefined && price === undefined ? "\nA price: --price IN,OUT" : "";
  return new CliError(cause.message + hint, EXIT.usage, { cause });
}

/** An error with the way to go on from it. */
function withHint(error: unknown, { name }: RunFolder): unknown {
  if (error instanceof CliError && error.exitCode === EXIT.broken) {
    return new CliError(
      `${error.message}\nWhat is finished is kept. To go on: shoal resume ${name}`,
      EXIT.broken,
      { cause: error },
    );
  }
  return error;
}
