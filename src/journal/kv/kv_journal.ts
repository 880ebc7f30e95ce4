import {
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
} from "../../model/check_options.ts";
import type { Journal } from "../../model/journal.ts";
import { KvStore } from "./kv_store.ts";
import { JOURNAL_RULES, journalOn, type JournalOptions } from "../journal_on.ts";
import type { KvDatabase, KvKey } from "./kv_database.ts";

/** How a journal in Deno KV is kept. */
export interface KvJournalOptions extends JournalOptions {
  /**
   * What its keys begin with.
   *
   * @default {["shoal", "journal"]}
   */
  readonly prefix?: KvKey;
  /**
   * How long a run stays locked when the process that wrote to it was killed, in milliseconds: who opens it then waits so long. A process whose
   * event loop stands still for longer loses the run.
   *
   * @default {10_000}
   */
  readonly lease?: number;
}

const prefixRule: Rule = (doing, name, value) => {
  if (!Array.isArray(value) || value.length === 0) refuse(doing, name, "a key of Deno KV", value);
};

/**
 * A journal in Deno KV: on Deno Deploy, or wherever runs go on on another machine. It is opened when it is first used. A file is better
 * kept in SQLite: that takes a tenth of the time.
 *
 * @param where A `Deno.Kv` that is open, which stays open; the path of one; or nothing, for the one of the process. To open one, Deno needs
 * `--unstable-kv`.
 * @throws {TypeError} If an option is wrong.
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
    refuse(doing, "where it is", "a Deno.Kv or a path", where);
  }
  checkOptions(doing, options, { ...JOURNAL_RULES, prefix: prefixRule, lease: positiveMs });
  const { prefix = ["shoal", "journal"], lease: lease = 10_000, ...others } = options;
  return journalOn(new KvStore(where, prefix, lease), others);
}
