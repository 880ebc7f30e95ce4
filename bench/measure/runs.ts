import { median } from "./median.ts";
import { isMeasured, type Measurement, type Outcome } from "./measure.ts";

/** Reads a figure of a run. */
export type Figure = (run: Measurement) => number | undefined;

/** Wall time, in milliseconds. */
export const wallMs: Figure = ({ wallMs }) => wallMs;
/** CPU time, in milliseconds. */
export const cpuMs: Figure = ({ cpuMs }) => cpuMs;
/** The peak RSS, in MB. */
export const peakMB: Figure = ({ peakMB }) => peakMB;
/** CPU time per call of `n` calls, in microseconds. */
export const cpuMicros = (n: number): Figure => ({ cpuMs }) => cpuMs * 1000 / n;
/** Growth of memory per call in flight, in MB: peak RSS minus the RSS just before. */
export const growthMB = (inFlight: number): Figure => ({ beforeMB, peakMB }) =>
  Math.max(0, peakMB - beforeMB) / inFlight;
/** Growth of memory per call in flight, in KB. */
export const growthKB = (inFlight: number): Figure => (run) =>
  Math.max(0, run.peakMB - run.beforeMB) * 1024 / inFlight;
/** A figure that the case returned. */
export const extra = (name: string): Figure => ({ extra }) => extra[name];

/** Several runs of the same cases, compared by their medians. */
export class Runs<K extends string> {
  readonly #rounds: readonly Readonly<Partial<Record<K, Outcome>>>[];

  /** Takes the outcomes of each round. */
  constructor(rounds: readonly Readonly<Partial<Record<K, Outcome>>>[]) {
    this.#rounds = rounds;
  }

  /** Runs all cases in turn in each round, so that noise of the machine affects all alike. */
  static async measure<K extends string>(
    rounds: number,
    cases: Readonly<Record<K, () => Promise<Outcome>>>,
  ): Promise<Runs<K>> {
    const outcomes: Partial<Record<K, Outcome>>[] = [];
    const stopped = new Set<K>();
    for (let i = 0; i < rounds; i++) {
      const round: Partial<Record<K, Outcome>> = {};
      for (const name in cases) {
        // A case that was stopped once is not run again.
        if (stopped.has(name)) continue;
        const outcome = await cases[name]();
        round[name] = outcome;
        if (!isMeasured(outcome)) stopped.add(name);
      }
      outcomes.push(round);
    }
    return new Runs(outcomes);
  }

  /** Runs cases whose names in tables differ from those in their file. */
  static measureNamed<K extends string>(
    rounds: number,
    names: Readonly<Record<K, string>>,
    run: (name: string) => Promise<Outcome>,
  ): Promise<Runs<K>> {
    const cases = Object.entries<string>(names).map(([label, name]) => [label, () => run(name)]);
    return Runs.measure<K>(rounds, Object.fromEntries(cases));
  }

  /** Returns the median of a figure, or `undefined` if a run of the case was stopped. */
  median(name: K, figure: Figure): number | undefined {
    return this.#medianOf((round) => valueOf(round[name], figure));
  }

  /** Returns the median of the ratios to the figure of `other` in the same round. */
  ratio(name: K, other: K, figure: Figure): number | undefined {
    return this.#medianOf((round) =>
      combine(round[name], round[other], figure, (one, two) => one / two)
    );
  }

  /** Returns the median of the differences to the figure of `other` in the same round. */
  difference(name: K, other: K, figure: Figure): number | undefined {
    return this.#medianOf((round) =>
      combine(round[name], round[other], figure, (one, two) => one - two)
    );
  }

  /** Returns why a case has no figures, or `undefined` if it has. */
  stopped(name: K): string | undefined {
    for (const { [name]: outcome } of this.#rounds) {
      if (outcome !== undefined && !isMeasured(outcome)) return outcome.stopped;
    }
  }

  #medianOf(valueIn: (round: Readonly<Partial<Record<K, Outcome>>>) => number | undefined) {
    const values = this.#rounds.map(valueIn).filter((value) => value !== undefined);
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
  combineValues: (one: number, two: number) => number,
): number | undefined {
  const [one, two] = [valueOf(a, figure), valueOf(b, figure)];
  return one === undefined || two === undefined ? undefined : combineValues(one, two);
}
