import {
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type RulesFor,
} from "../../model/check_options.ts";
import type { Journal } from "../../model/journal.ts";
import { KvStore } from "./kv_store.ts";
import { JOURNAL_RULES, journalOn, type JournalOptions } from "../journal_on.ts";
import type { KvDatabase, KvKey } from "./kv_database.ts";

/** Options of {@linkcode kvJournal}. */
export interface KvJournalOptions extends JournalOptions {
  /**
   * The prefix of all keys.
   *
   * @default {["shoal", "journal"]}
   */
  readonly prefix?: KvKey;
  /**
   * How long a run stays locked after its process was killed, in milliseconds, above 0. Opening the
   * run waits that long. A process whose event loop is blocked for longer loses its lock.
   *
   * @default {10_000}
   */
  readonly lease?: number;
}

const KV_RULES: RulesFor<KvJournalOptions> = {
  ...JOURNAL_RULES,
  prefix(doing, name, value) {
    if (!Array.isArray(value) || value.length === 0) refuse(doing, name, "a key of Deno KV", value);
  },
  lease: positiveMs,
};

/**
 * Creates a journal in Deno KV: for Deno Deploy, or for runs that continue on another machine. The
 * database is opened on first use. For a local file, use {@linkcode sqliteJournal}, which is ten
 * times as fast.
 *
 * @param where An open `Deno.Kv`, which is not closed; a path; or nothing, for the default
 * database. Opening one requires `--unstable-kv`.
 * @throws {TypeError} If an option is invalid.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { kvJournal } from "@shoal/agents/journal";
 *
 * await using journal = kvJournal("./journal.kv", { prefix: ["nightly"] });
 * console.log(typeof journal.open); // batch(calls, { journal, runId: "reviews" })
 * ```
 */
export function kvJournal(where?: KvDatabase | string, options: KvJournalOptions = {}): Journal {
  const doing = "open a journal";
  const isOpen = isRecord(where) && typeof where.atomic === "function";
  if (where !== undefined && (typeof where !== "string" || where === "") && !isOpen) {
    refuse(doing, "its location", "a Deno.Kv or a path", where);
  }
  checkOptions(doing, options, KV_RULES);
  const { prefix = ["shoal", "journal"], lease = 10_000, ...others } = options;
  return journalOn(new KvStore(where, prefix, lease), others);
}
