/** What a case is: one client at one piece of work. See `run_case.ts`. */

/** Figures that a run tells beside what the operating system says. */
export type ExtraFigures = Readonly<Record<string, number>>;

/** One client, ready for its work. */
export interface Case {
  /** A little of the same work beforehand, so that loading and compiling are not measured. */
  readonly warm?: () => Promise<unknown>;
  /** Starts what the work needs. Of this, only memory counts, and what it tells itself. */
  readonly start?: () => Promise<ExtraFigures>;
  /** The work that is measured. */
  readonly work: () => Promise<ExtraFigures | void>;
  /** Ends what was started, after the figures are taken. */
  readonly end?: () => PromiseLike<unknown>;
}

/** Gets a case ready. The options are those that its part hands over. */
// deno-lint-ignore no-explicit-any
export type Prepare = (options: any) => Case | Promise<Case>;

/** What a file of cases exports as `CASES`: cases by name. */
export type Cases = Readonly<Record<string, Prepare>>;

/** What every model is asked to do. */
export const TASK = "Label the sentiment of this review:";
/** With what. */
export const REVIEW = "I love it";
/** Both. */
export const TEXT = `${TASK} ${REVIEW}`;

/** How many calls are made, and how many of them at a time. */
export interface Load {
  readonly n: number;
  readonly concurrency: number;
}

/** The numbers from 0 up to, but not including, `n`. */
export function* range(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

/** The plainest pool there is: lanes that take from one iterator until it is empty. */
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
