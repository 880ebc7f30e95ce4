import type { JournalFound, JournalOpenOptions } from "../model/journal.ts";
import { linkError, type Result } from "../model/result.ts";

/** Decides what to do with an item by how it ended before, if it did. */
export function answerTo(
  before: Result | undefined,
  { only, retryFailed = false }: JournalOpenOptions,
): JournalFound {
  if (before === undefined) return only === "failed" ? "skip" : "missing";
  if (only === "missing") return "skip";
  if (before.ok) return only === "failed" ? "skip" : replayed(before);
  return retryFailed || only === "failed" ? "missing" : replayed(before);
}

function replayed(before: Result): Result {
  const copy: Result = { ...before, replayed: true };
  const isOwn = !before.ok && before.error.result === before;
  return isOwn && !copy.ok ? linkError(copy) : copy;
}
