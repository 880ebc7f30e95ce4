/** Measuring in processes of their own: what one run leaves in the heap must not be counted for the next. */
import { Child } from "./child.ts";

/** What the operating system says of a run. */
export interface Measured {
  /** Wall time of the work, in milliseconds. */
  readonly wallMs: number;
  /** CPU time of the work, user and system, in milliseconds. */
  readonly cpuMs: number;
  /** The most memory the process had, in MB. */
  readonly peakMB: number;
  /** What else the run tells. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** How a case is run. */
export interface MeasureOptions {
  /**
   * It is stopped after so many milliseconds.
   *
   * @default {60_000}
   */
  readonly limitMs?: number;
  /** Done when the process has loaded everything, just before the work begins. */
  readonly before?: () => Promise<unknown>;
}

/** Runs a case of `bench/cases.ts` in a process of its own; `undefined` if it took longer than allowed. */
export async function measure(
  name: string,
  options: Readonly<Record<string, unknown>>,
  { limitMs = 60_000, before }: MeasureOptions = {},
): Promise<Measured | undefined> {
  const child = new Child("./cases.ts", name, JSON.stringify(options));
  const timer = setTimeout(() => child.kill(), limitMs);
  if (await child.next() === "ready") {
    await before?.();
    await child.say("go");
  }
  const found = await child.next();
  const { success, signal, stderr } = await child.ended();
  clearTimeout(timer);
  if (signal === "SIGKILL") return undefined;
  if (!success || found === undefined) throw new Error(`${name} failed: ${stderr}`);
  return JSON.parse(found);
}

/** Measures several cases in turn, so often, and gives the median run of each by wall time: a machine's moods hit all alike. */
export async function interleaved<K extends string>(
  times: number,
  cases: Readonly<Record<K, () => Promise<Measured | undefined>>>,
): Promise<Record<K, Measured | undefined>> {
  const runs = {} as Record<K, (Measured | undefined)[]>;
  for (let i = 0; i < times; i++) {
    for (const name in cases) {
      // What took too long once is not tried again.
      if (runs[name]?.includes(undefined)) continue;
      (runs[name] ??= []).push(await cases[name]());
    }
  }
  const medians = {} as Record<K, Measured | undefined>;
  for (const name in runs) medians[name] = medianOf(runs[name]);
  return medians;
}

function medianOf(runs: readonly (Measured | undefined)[]): Measured | undefined {
  const done = runs.filter((run) => run !== undefined);
  if (done.length < runs.length) return undefined;
  return {
    wallMs: median(done.map(({ wallMs }) => wallMs)),
    cpuMs: median(done.map(({ cpuMs }) => cpuMs)),
    peakMB: median(done.map(({ peakMB }) => peakMB)),
    extra: done[0]!.extra,
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
