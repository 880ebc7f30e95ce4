/** See {@link https://jsr.io/@std/async/doc/deadline}. */
export interface DeadlineOptions {
  signal?: AbortSignal;
}
export declare function deadline<T>(
  p: Promise<T>,
  ms: number,
  options?: DeadlineOptions,
): Promise<T>;
