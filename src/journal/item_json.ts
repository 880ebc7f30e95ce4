/** Converts items to and from their stored form. */
import type { JournalDetail, JournalItem, JournalRecord, JournalStatus } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { JournalError } from "./journal_error.ts";
import { readResult } from "./result_json.ts";
import type { StoredItem } from "./store.ts";
import { readValue, writeValue } from "./value_json.ts";

/** Serializes an item that starts. */
export function writeStart(
  { index, agent, key, params }: JournalItem,
  at: number,
  detail: JournalDetail,
): Pick<StoredItem, "started" | "params"> {
  const started = JSON.stringify({ at, index, agent, key });
  return detail === "all" ? { started, params: JSON.stringify(writeValue(params)) } : { started };
}

/**
 * Reads the result of an item. An item with an unreadable result counts as unfinished, and runs
 * again.
 *
 * @throws {JournalError} If only another runtime can read it.
 */
export function readOutcome({ ended }: StoredItem): Result | undefined {
  if (ended === undefined) return undefined;
  try {
    return readResult(ended);
  } catch (error) {
    if (error instanceof JournalError) throw error;
    return undefined;
  }
}

/** Reads all that is stored of an item. */
export function readRecord(item: StoredItem): JournalRecord {
  const { at, ...known } = JSON.parse(item.started);
  const result = readOutcome(item);
  const status: JournalStatus = result === undefined ? "started" : result.ok ? "ok" : "failed";
  return {
    ...known,
    ...(item.params !== undefined && { params: readValue(JSON.parse(item.params)) }),
    status,
    ...(result !== undefined && { result }),
    startedAt: at,
    starts: item.starts,
  };
}
