/** Several runs of the same cases, and what is typical of them. */
import { median } from "./median.ts";
import { isMeasured, type Measurement, type Outcome } from "./measure.ts";

/** Reads one figure from a run. */
export type Figure = (run: Measurement) => number | undefined;

/** Wall time, in milliseconds. */
export const wallMs: Figure = ({ wallMs }) => wallMs;
/** CPU time, in milliseconds. */
export const cpuMs: Figure = ({ cpuMs }) => cpuMs;
/** The most memory, in MB. */
export const peakMB: Figure = ({ peakMB }) => peakMB;
/** CPU time of each of `n` calls, in microseconds. */
export const cpuMicros = (n: number): Figure => ({ cpuMs }) => cpuMs * 1000 / n;
/** By how much memory grew for each of so many calls in flight: peak RSS less RSS just before, in MB. */
export const growthMB = (inFlight: number): Figure => ({ beforeMB, peakMB }) =>
  Math.max(0, peakMB - beforeMB) / inFlight;
/** The same in KB. */
export const growthKB = (inFlight: number): Figure => (run) =>
  Math.max(0, run.peakMB - run.beforeMB) * 1024 / inFlight;
/** What a run tells itself. */
export const extra = (name: string): Figure => ({ extra }) => extra[name];

/** Runs of cases, by name. */
export class Runs<K extends string> {
  readonly #rounds: readonly Readonly<Partial<Record<K, Outcome>>>[];

  /** Takes the rounds as they were run. */
  constructor(rounds: readonly Readonly<Partial<Record<K, Outcome>>>[]) {
    this.#rounds = rounds;
  }

  /** Runs the cases in turn, so often: the moods of a machine then hit all alike. */
  static async measure<K extends string>(
    times: number,
    cases: Readonly<Record<K, () => Promise<Outcome>>>,
  ): Promise<Runs<K>> {
    const rounds: Partial<Record<K, Outcome>>[] = [];
    const stopped = new Set<K>();
    for (let i = 0; i < times; i++) {
      const round: Partial<Record<K, Outcome>> = {};
      for (const name in cases) {
        // What gave no figures once is not tried again.
        if (stopped.has(name)) continue;
        const outcome = await cases[name]();
        round[name] = outcome;
        if (!isMeasured(outcome)) stopped.add(name);
      }
      rounds.push(round);
    }
    return new Runs(rounds);
  }

  /** The same, of cases that are shown by other names than they have in their file. */
  static measureNamed<K extends string>(
    times: number,
    names: Readonly<Record<K, string>>,
    run: (name: string) => Promise<Outcome>,
  ): Promise<Runs<K>> {
    const cases = Object.entries<string>(names).map(([shown, name]) => [shown, () => run(name)]);
    return Runs.measure<K>(times, Object.fromEntries(cases));
  }

  /** The median of a figure; `undefined` if a run of the case was stopped. */
  median(name: K, figure: Figure): number | undefined {
    return this.#middle((round) => valueOf(round[name], figure));
  }

  /** How many times the figure of `other` it is, in the same round: the median of the rounds. */
  ratio(name: K, other: K, figure: Figure): number | undefined {
    return this.#middle((round) =>
      combine(round[name], round[other], figure, (one, two) => one / two)
    );
  }

  /** By how much it is above the figure of `other`, in the same round: the median of the rounds. */
  difference(name: K, other: K, figure: Figure): number | undefined {
    return this.#middle((round) =>
      combine(round[name], round[other], figure, (one, two) => one - two)
    );
  }

  /** Why a case gave no figures. */
  stopped(name: K): string | undefined {
    for (const { [name]: outcome } of this.#rounds) {
      if (outcome !== undefined && !isMeasured(outcome)) return outcome.stopped;
    }
  }

  #middle(of: (round: Readonly<Partial<Record<K, Outcome>>>) => number | undefined) {
    const values = this.#rounds.map(of).filter((value) => value !== undefined);
    return values.length < this.#rounds.length ? undefined : median(values);
  }
}

function valueOf(outcome: Outcome | undefined, figure: Figure): number | undefined {
  return outcome !== undefined && isMeasured(outcome) ? figure(outcome) : undefined;
}

function combine(
  a: Outcome | undefined,
  b: Outcome | undefined,
  figure: Figure,
  by: (one: number, two: number) => number,
): number | undefined {
  const [one, two] = [valueOf(a, figure), valueOf(b, figure)];
  return one === undefined || two === undefined ? undefined : by(one, two);
}
