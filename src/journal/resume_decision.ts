import type { JournalDecision, JournalOpenOptions } from "../model/journal.ts";
import type { Result } from "../model/result.ts";

/** What is to be done with an item that ended like this before, if it did. */
export function resumeDecision(
  before: Result | undefined,
  { only, retryFailed = false }: JournalOpenOptions,
): JournalDecision {
  if (before === undefined) return only === "failed" ? "skip" : "missing";
  if (only === "missing") return "skip";
  if (before.ok) return only === "failed" ? "skip" : { ...before, replayed: true };
  return retryFailed || only === "failed" ? "missing" : { ...before, replayed: true };
}
