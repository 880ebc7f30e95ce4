/** A run that sends nothing and writes nothing: `shoal run --dry-run`. */
import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CallOptions, configure, type DryRun } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import { requirePrices } from "../../call/pricing/require_prices.ts";
import { dryRunProvider } from "../../call/dry_run_provider.ts";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { nameFlags } from "../option_flags.ts";
import type { Interrupt } from "../interrupt.ts";
import { createRowCheck } from "../rows/check_row.ts";
import { type BadRow, type InputRow, isBadRow } from "../rows/row.ts";
import type { RowMapper } from "../rows/row_params.ts";
import { remainingBudget } from "../run/prepare_run.ts";
import { toUsageError } from "../run/report_end.ts";
import { ReservoirSample } from "../run/reservoir_sample.ts";
import type { RunFolder } from "../run/run_folder.ts";
import type { RunSettings } from "../run/run_settings.ts";
import { createRunProvider, withProvider } from "../run/run_setup.ts";
import { untilAborted } from "../until_aborted.ts";
import { printLine } from "../write_stdout.ts";
import type { DryRunReport, DryRunRequest } from "./dry_run_report.ts";
import { estimateRequests } from "./estimate_requests.ts";
import { formatReport } from "./format_report.ts";
import { describeRequest, hasKnownRequests, previewRow } from "./preview_row.ts";

/** A run whose options were checked. */
export interface DryRunSetup {
  /** The agent that would be called. */
  readonly agent: Callable;
  /** The options of each call. */
  readonly callOptions: CallOptions;
  /** The settings of the run. */
  readonly settings: RunSettings;
  /** The rows. */
  readonly rows: AsyncIterable<InputRow | BadRow>;
  /** Maps rows to parameters. */
  readonly toParams: RowMapper;
  /** The folder that the run would have. */
  readonly folder: RunFolder;
  /** Interrupts the reading of rows. */
  readonly interrupt: Interrupt;
  /** What was found wrong in the input, without keeping the run from starting. */
  readonly warnings: readonly string[];
}

/** The number of rows whose requests are shown. */
const SHOWN_ROWS = 3;
/** The number of rows whose requests are estimated: memory and time stay bounded. */
const SAMPLE_SIZE = 1_000;

/**
 * Prints the first requests and an estimate for all rows, and returns the exit code.
 *
 * @throws {CliError} If the run would be refused, always with the exit code 2.
 */
export async function dryRun(setup: DryRunSetup): Promise<number> {
  const { settings, interrupt } = setup;
  let report: DryRunReport;
  try {
    report = await prepareReport(setup);
  } catch (error) {
    const cause = error instanceof TypeError || error instanceof RangeError
      ? toUsageError(error)
      : error;
    if (!(cause instanceof CliError)) throw cause;
    throw new CliError(cause.message, { cause, exitCode: EXIT.usage });
  }
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  await printLine(settings.json ? JSON.stringify(report) : formatReport(report, settings));
  return EXIT.ok;
}

async function prepareReport(setup: DryRunSetup): Promise<DryRunReport> {
  const { settings, folder } = setup;
  for (const path of [settings.out, settings.errors ?? "-"]) await checkWritable(path);
  const recorded = await countRecorded(setup);
  await using provider = await openProvider(setup);
  const agent = withProvider(setup.agent, provider);
  const warnings = [...setup.warnings];
  const { sample, first, bad, empty } = await readRows(setup, (text) => warnings.push(text));
  const known = hasKnownRequests(agent);
  const previews = new Map<InputRow, Awaited<ReturnType<typeof previewRow>>>();
  for (const row of known ? new Set([...first, ...sample.items]) : []) {
    previews.set(row, await previewRow(agent, setup.toParams(row.value), setup.callOptions));
  }
  const requests: DryRunRequest[] = [];
  for (const row of first) {
    for (const one of previews.get(row)?.requests ?? []) {
      requests.push(describeRequest(one, row.line));
    }
  }
  const sampled = sample.items.map((row) => previews.get(row)).filter((one) => one !== undefined);
  const invalid = sampled.filter(({ problem }) => problem !== undefined);
  if (invalid.length > 0) warnings.push(nameFlags(invalid[0]!.problem!));
  const sent = sampled.flatMap(({ requests }) => requests);
  if (settings.budget !== undefined) await checkPrices(agent, sent);
  const rows = sample.seen;
  return {
    type: "dry-run",
    runId: folder.name,
    agent: agent.name,
    rows,
    bad,
    empty,
    recorded,
    sampled: sampled.length,
    invalid: invalid.length,
    warnings,
    requests,
    estimate: known
      ? await estimateRequests(sent, Math.max(0, rows - recorded), sampled.length)
      : undefined,
  };
}

/** The rows of the input. */
interface ReadRows {
  readonly sample: ReservoirSample<InputRow>;
  readonly first: readonly InputRow[];
  readonly bad: number;
  readonly empty: number;
}

/** Reads all rows: their number is needed for the estimate, and each is checked. */
async function readRows(
  { agent, settings, rows, interrupt }: DryRunSetup,
  log: (text: string) => void,
): Promise<ReadRows> {
  const findProblem = createRowCheck(agent, settings);
  const sample = new ReservoirSample<InputRow>(SAMPLE_SIZE);
  const first: InputRow[] = [];
  let [bad, empty] = [0, 0];
  for await (const row of untilAborted(rows, interrupt.stopSignal)) {
    if (isBadRow(row) && row.isEmpty) {
      empty++;
      continue;
    }
    const problem = isBadRow(row) ? row.problem : findProblem(row);
    if (problem !== undefined) {
      if (++bad === 1) log(`line ${row.line}: ${problem}`);
      continue;
    }
    if (first.length < SHOWN_ROWS) first.push(row as InputRow);
    sample.add(row as InputRow);
    if (sample.seen === settings.limit) break;
  }
  return { sample, first, bad, empty };
}

/** Returns the number of rows that an earlier start has finished. */
async function countRecorded({ folder, settings }: DryRunSetup): Promise<number> {
  if (settings.fresh || await folder.readRecord() === undefined) return 0;
  await using journal = folder.openJournal();
  await remainingBudget(journal, folder.name, settings);
  const { ok = 0, failed = 0 } = await journal.summary(folder.name) ?? {};
  return settings.retryFailed ? ok : ok + failed;
}

/** Returns the provider of the run. That of batch files sends the same requests in files. */
async function openProvider({ settings, folder }: DryRunSetup) {
  const provider = await createRunProvider(
    { ...settings, providerBatch: false },
    folder,
    () => {},
  );
  if (settings.providerBatch) {
    const { halfPrice } = await import("../run/provider_batch.ts");
    configure({ prices: halfPrice(configure().prices) });
  }
  return provider;
}

/** Checks that a file can be written, without creating or changing it. */
async function checkWritable(path: string): Promise<void> {
  if (path === "-") return;
  const writeError = (cause: unknown) =>
    new CliError(`Cannot write ${path}: ${errorMessage(cause)}`, { cause });
  try {
    await (await open(path, constants.O_WRONLY)).close();
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw writeError(cause);
    // It fails for a file, too.
    await stat(join(dirname(path), ".", "/")).catch((cause) => {
      throw writeError(cause);
    });
  }
}

/**
 * Checks that the prices of all models are known, as a budget needs them.
 *
 * @throws {TypeError} If one is unknown.
 */
async function checkPrices({ name }: Callable, requests: readonly DryRun[]): Promise<void> {
  await requirePrices(
    `call "${name}" with a budget in US dollars`,
    requests.map((one) => ({
      model: one.request.model,
      provider: dryRunProvider(one),
      settings: one.request.settings,
    })),
  );
}
