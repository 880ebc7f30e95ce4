/** What a case is: see `bench/cases.ts`. */

/** The work that is measured; what it gives is told beside the figures. */
export type Work = () => Promise<Record<string, number> | void>;

/** Gets everything ready, which is not measured, and gives the work. The options are those that its part hands over. */
// deno-lint-ignore no-explicit-any
export type Case = (options: any) => Work | Promise<Work>;

/** Cases by name. */
export type Cases = Readonly<Record<string, Case>>;

/** What every model is asked to do. */
export const TASK = "Label the sentiment of this review:";
/** With what. */
export const REVIEW = "I love it";
/** Both. */
export const TEXT = `${TASK} ${REVIEW}`;

/** The numbers from 0 up to, but not including, `n`. */
export function* range(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}
