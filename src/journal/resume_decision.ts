import type { JournalDecision, JournalOpenOptions } from "../model/journal.ts";
import type { Result } from "../model/result.ts";

/** Decides what to do with an item, given its previous result, if any. */
export function resumeDecision(
  previous: Result | undefined,
  { only, retryFailed = false }: JournalOpenOptions,
): JournalDecision {
  if (previous === undefined) return only === "failed" ? "skip" : "missing";
  if (only === "missing") return "skip";
  if (previous.ok) return only === "failed" ? "skip" : { ...previous, replayed: true };
  return retryFailed || only === "failed" ? "missing" : { ...previous, replayed: true };
}
