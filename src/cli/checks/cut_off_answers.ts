/** Answers that reached their limit of tokens. */
import type { Result } from "../../../mod.ts";
import { showInteger } from "../format.ts";

/** Whether an answer, or one that it is made of, reached its limit of tokens. */
export function hasCutOffAnswer(result: Result): boolean {
  return result.ok && (result.finishReason === "length" || result.children.some(hasCutOffAnswer));
}

/** Returns how many answers are cut off, and what to do. */
export function cutOffText(count: number, maxTokens?: number): string {
  const answers = count === 1 ? "1 answer is" : `${showInteger(count)} answers are`;
  const limit = maxTokens === undefined ? "the limit of tokens" : `--max-tokens ${maxTokens}`;
  return `${answers} cut off at ${limit}: start over with a higher --max-tokens, and --fresh`;
}
