/** Converts checkpoints to and from their stored form. */
import type { JournalCheckpoint } from "../model/journal.ts";
import { readResult, writeResult } from "./result_json.ts";
import type { StoredCheckpoint } from "./store.ts";

/**
 * Serializes a checkpoint.
 *
 * @throws If its result contains a value that cannot be serialized.
 */
export function writeCheckpoint(
  owner: string,
  { kind, call, index, result }: JournalCheckpoint,
): StoredCheckpoint {
  const value = writeResult(result, "output");
  return { owner, kind, name: `${kind}/${call}/${index}`, value };
}

/** Reads a checkpoint. One that cannot be read counts as none: that part runs again. */
export function readCheckpoint(
  { kind, name, value }: StoredCheckpoint,
): readonly JournalCheckpoint[] {
  const [, call, index] = name.split("/");
  try {
    return [{ kind, call: call!, index: Number(index), result: readResult(value) }];
  } catch {
    return [];
  }
}
