/** Finds flags of `shoal run` that contradict each other, or that need another one. */
import type { Command } from "commander";
import { CliError } from "../cli_error.ts";
import { resolveFormat } from "../rows/open_rows.ts";
import type { ParsedSettings } from "../run/run_settings.ts";

/** The name of a setting, as commander derives it from the flag. */
type Setting = keyof ParsedSettings;

/** The settings that were given as flags, in the order of the command line. */
export type GivenFlags = readonly Setting[];

const given = new WeakMap<Command, Setting[]>();

/** Lets {@linkcode givenFlags} know which flags a command was called with. */
export function watchFlags(command: Command): Command {
  const flags: Setting[] = [];
  given.set(command, flags);
  for (const option of command.options) {
    command.on(`option:${option.name()}`, () => flags.push(option.attributeName() as Setting));
  }
  return command;
}

/** Returns the flags that a command was called with, in their order. */
export function givenFlags(command: Command): GivenFlags {
  return given.get(command) ?? [];
}

/** Two flags of which only one can be used, and why. */
type Exclusive = readonly [one: Setting, other: Setting, reason: string];

const EXCLUSIVE: readonly Exclusive[] = [
  ["resume", "fresh", "--resume continues the run, and --fresh deletes it"],
  ["retryFailed", "fresh", "--fresh starts over, so that no row has failed yet"],
  [
    "as",
    "columns",
    "--as names the column of the whole answer, and --columns makes columns of its members, " +
    "which --columns member=NAME renames",
  ],
  ["quiet", "progressEvery", "--quiet shows no progress"],
  ["workers", "providerBatch", "batch files need no workers"],
  ["pilot", "providerBatch", "a batch may take a day, and a pilot answers at once"],
  ["rpm", "providerBatch", "batch files have limits of their own"],
  ["tpm", "providerBatch", "batch files have limits of their own"],
];

/** Flags that mean nothing without another one. */
const NEEDED: readonly (readonly [flag: Setting, needs: Setting, reason: string])[] = [
  ["yes", "pilot", "only a pilot asks"],
  ["poll", "providerBatch", "only batches are polled"],
  ["retryFailed", "resume", "only a run that has started before has failed rows"],
];

/**
 * Checks that the flags of a run make sense together.
 *
 * A resumed run has the flags of its first start, followed by new ones: of two that exclude each
 * other, the new one counts.
 *
 * @returns The settings that count.
 * @throws {CliError} If flags contradict each other, or one needs another one.
 */
export function checkFlags(settings: ParsedSettings, flags: GivenFlags): ParsedSettings {
  const counted: Partial<Record<Setting, unknown>> = { ...settings };
  const isGiven = (name: Setting) => flags.includes(name);
  for (const [one, other, reason] of EXCLUSIVE) {
    if (!isGiven(one) || !isGiven(other)) continue;
    const isFresh = other === "fresh";
    if (settings.keepRecord && !isFresh) {
      const replaced = flags.lastIndexOf(one) < flags.lastIndexOf(other) ? one : other;
      counted[replaced] = DEFAULTS[replaced];
      continue;
    }
    if (settings.keepRecord) {
      throw new CliError(
        "Cannot use --fresh with shoal resume or shoal retry, which continue a run: " +
          "shoal run starts over with --fresh",
      );
    }
    throw new CliError(
      `Cannot use ${flagOf(one)} with ${flagOf(other)}: ${reason}. Leave out one of them`,
    );
  }
  for (const [flag, needs, reason] of NEEDED) {
    if (!isGiven(flag) || counted[needs] || counted[flag] === DEFAULTS[flag]) continue;
    throw new CliError(`Cannot use ${flagOf(flag)} without ${flagOf(needs)}: ${reason}`);
  }
  const result = counted as ParsedSettings;
  checkValues(result);
  return result;
}

/** The values of settings as if their flags were not given. */
const DEFAULTS: Partial<Record<Setting, unknown>> = {
  as: "output",
  quiet: false,
  progressEvery: 5_000,
  poll: 30_000,
  providerBatch: false,
};

function checkValues(settings: ParsedSettings): void {
  const { concurrency, providerBatch, workers, prompt, delimiter, price, model } = settings;
  if (price !== undefined && model === undefined) {
    throw new CliError("Cannot use --price without a --model");
  }
  if (workers !== undefined && prompt !== undefined) {
    throw new CliError(
      "Cannot use --workers with --prompt as workers load their agents from a file: " +
        "define the agent in a file (agents.ts#Name)",
    );
  }
  if (providerBatch && concurrency === "adaptive") {
    throw new CliError(
      "Cannot use --concurrency adaptive with --provider-batch as the rows of a batch " +
        "show no limit: set a number, or leave it out",
    );
  }
  if (delimiter === undefined) return;
  const formats = [
    resolveFormat(settings.in, settings.inFormat),
    resolveFormat(settings.out, settings.outFormat),
  ];
  if (formats.some((format) => format === "csv" || format === "tsv")) return;
  throw new CliError(
    `Cannot use --delimiter as the rows are ${[...new Set(formats)].join(" and ")}: ` +
      "--in-format csv or --out-format csv sets the format",
  );
}

function flagOf(setting: Setting): string {
  return `--${setting.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
