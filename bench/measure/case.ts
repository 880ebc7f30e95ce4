/** The type of a case, and what cases share. `run_case.ts` runs them. */

/** Figures of a case beside those that `run_case.ts` measures. */
export type ExtraFigures = Readonly<Record<string, number>>;

/** One client or server, prepared for its work. */
export interface Case {
  /** A warm-up with a little of the same work, so that loading and compiling are not measured. */
  readonly warm?: () => Promise<unknown>;
  /** Starts what the work needs. Its memory is measured, its time is not. */
  readonly start?: () => Promise<ExtraFigures>;
  /** The work that is measured. */
  readonly work: () => Promise<ExtraFigures | void>;
  /** Ends what was started, after the measurement. */
  readonly end?: () => PromiseLike<unknown>;
}

/** Prepares a case. The options come from the part that measures it. */
// deno-lint-ignore no-explicit-any
export type Prepare = (options: any) => Case | Promise<Case>;

/** Cases by name: what a file of cases exports as `CASES`. */
export type Cases = Readonly<Record<string, Prepare>>;

/** The instruction of every request. */
export const TASK = "Label the sentiment of this review:";
/** The input of every request. */
export const REVIEW = "I love it";
/** The instruction with the input. */
export const TEXT = `${TASK} ${REVIEW}`;

/** A number of calls, and how many of them are in flight at a time. */
export interface Load {
  readonly n: number;
  readonly concurrency: number;
}

/** Yields the numbers from 0 to `n` - 1. */
export function* range(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

/** The simplest pool: lanes that take items from one iterator until it is done. */
export async function runLanes(
  { n, concurrency }: Load,
  work: (i: number) => PromiseLike<unknown>,
): Promise<void> {
  const items = range(n);
  const lane = async (): Promise<void> => {
    for (const i of items) await work(i);
  };
  await Promise.all(Array.from({ length: Math.min(n, concurrency) }, lane));
}
