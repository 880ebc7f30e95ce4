/** What is known of an item, as text, and back. */
import type { JournalDetail, JournalItem, JournalRecord, JournalStatus } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { readResult } from "./result_json.ts";
import type { StoredItem } from "./store.ts";
import { readValue, writeValue } from "./value_json.ts";

/** What is kept of an item that begins. */
export function writeStart(
  { index, agent, key, params }: JournalItem,
  at: number,
  stored: JournalDetail,
): Pick<StoredItem, "started" | "params"> {
  const started = JSON.stringify({ at, index, agent, key });
  return stored === "all" ? { started, params: JSON.stringify(writeValue(params)) } : { started };
}

/** How an item ended, if it has and if that can be read; if not, it is worked on again. */
export function readOutcome({ ended }: StoredItem): Result | undefined {
  if (ended === undefined) return undefined;
  try {
    return readResult(ended);
  } catch {
    return undefined;
  }
}

/** Everything that is kept of an item. */
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
