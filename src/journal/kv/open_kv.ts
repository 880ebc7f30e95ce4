import { causeMessage } from "../../model/cause_message.ts";
import { JournalError } from "../journal_error.ts";
import type { KvDatabase } from "./kv_database.ts";

/**
 * Opens a database of Deno KV.
 *
 * @throws {JournalError} If the runtime has no Deno KV, or it cannot open the database.
 */
export async function openKv(path: string | undefined): Promise<KvDatabase> {
  const { Deno } = globalThis as { Deno?: { openKv?: (path?: string) => Promise<KvDatabase> } };
  if (Deno === undefined) {
    throw new JournalError(
      "Cannot open the journal as only Deno has Deno KV: use sqliteJournal, " +
        "or pass a database that @deno/kv has opened",
      "open",
    );
  }
  if (typeof Deno.openKv !== "function") {
    throw new JournalError(
      "Cannot open the journal as there is no Deno.openKv: run Deno with --unstable-kv, " +
        "or use sqliteJournal",
      "open",
    );
  }
  try {
    return await Deno.openKv(path);
  } catch (cause) {
    throw new JournalError(
      `Cannot open the journal as Deno KV failed: ${causeMessage(cause)}`,
      "open",
      { cause },
    );
  }
}
