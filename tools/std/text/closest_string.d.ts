/** See {@link https://jsr.io/@std/text/doc/closest-string}. */
export declare function closestString(
  givenWord: string,
  possibleWords: ReadonlyArray<string>,
  options?: { caseSensitive?: boolean; compareFn?: (a: string, b: string) => number },
): string;
