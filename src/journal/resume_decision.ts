import type { JournalDecision, JournalOpenOptions } from "../model/journal.ts";
import { linkError, type Result } from "../model/result.ts";

/** Decides what to do with an item, given its previous result, if any. */
export function resumeDecision(
  previous: Result | undefined,
  { only, retryFailed = false }: JournalOpenOptions,
): JournalDecision {
  if (previous === undefined) return only === "failed" ? "skip" : "missing";
  if (only === "missing") return "skip";
  if (previous.ok) return only === "failed" ? "skip" : replay(previous);
  return retryFailed || only === "failed" ? "missing" : replay(previous);
}

/** Copies a previous result. If its error carries the result, that of the copy carries the copy. */
function replay(previous: Result): Result {
  const copy: Result = { ...previous, replayed: true };
  const isOwn = !previous.ok && previous.error.result === previous;
  return isOwn && !copy.ok ? linkError(copy) : copy;
}
