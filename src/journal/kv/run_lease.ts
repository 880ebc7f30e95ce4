import { delay } from "@std/async/delay";
import { JournalError } from "../journal_error.ts";
import type { KvAtomic, KvDatabase, KvKey } from "./kv_database.ts";

/** The maximum difference assumed between the clocks of two machines, in milliseconds. */
const SKEW_MS = 60_000;

/** How often a lease is renewed within its duration. */
const RENEWALS = 5;

/**
 * The exclusive right to write to a run, for a limited time. Deno KV may be on another machine, and
 * does not notice when a process ends. So the owner renews its lease at intervals, and every write
 * checks that the lease is still valid.
 */
export class RunLease {
  readonly #kv: KvDatabase;
  readonly #key: KvKey;
  readonly #ms: number;
  #versionstamp: string | null;
  #last: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setInterval>;

  private constructor(kv: KvDatabase, key: KvKey, ms: number, versionstamp: string) {
    this.#kv = kv;
    this.#key = key;
    this.#ms = ms;
    this.#versionstamp = versionstamp;
    // If the lease is lost, the next write fails.
    this.#timer = setInterval(() => void this.commit((a) => a).catch(() => {}), ms / RENEWALS);
  }

  /**
   * Acquires the lease of a run: at once if it is free, otherwise when it expires because its owner
   * does not renew it.
   *
   * @throws {JournalError} With the code `locked` if its owner renews it.
   */
  static async acquire(kv: KvDatabase, key: KvKey, ms: number, runId: string): Promise<RunLease> {
    let seen: string | null | undefined;
    let since = 0;
    while (true) {
      const entry = await kv.get(key);
      const { versionstamp } = entry;
      if (seen === undefined) [seen, since] = [versionstamp, performance.now()];
      const until = (entry.value as { until?: number } | null)?.until ?? 0;
      const isFree = versionstamp === null || until + SKEW_MS < Date.now() ||
        (versionstamp === seen && performance.now() - since > ms);
      if (isFree) {
        const taken = await kv.atomic().check(entry).set(key, { until: Date.now() + ms }).commit();
        if (taken.ok) return new RunLease(kv, key, ms, taken.versionstamp!);
      }
      if (isFree || versionstamp !== seen) {
        throw new JournalError(
          `Cannot open the run "${runId}" as another process is writing to it: ` +
            "wait until it has ended",
          "locked",
        );
      }
      await delay(ms / RENEWALS / 2);
    }
  }

  /**
   * Writes atomically if the lease is still valid, and renews it.
   *
   * @throws {JournalError} With the code `locked` if it is lost.
   */
  commit(change: (atomic: KvAtomic) => KvAtomic): Promise<void> {
    const work = this.#last.then(async () => {
      const versionstamp = this.#versionstamp;
      const atomic = this.#kv.atomic()
        .check({ key: this.#key, versionstamp })
        .set(this.#key, { until: Date.now() + this.#ms });
      const done = await change(atomic).commit();
      if (done.ok) this.#versionstamp = done.versionstamp!;
      else {
        throw new JournalError(
          "Cannot write to the journal as another process has taken over the run: " +
            "this one did not renew its lease in time",
          "locked",
        );
      }
    });
    this.#last = work.catch(() => {});
    return work;
  }

  /** Releases the lease. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    const { key, versionstamp } = { key: this.#key, versionstamp: this.#versionstamp };
    await this.#kv.atomic().check({ key, versionstamp }).delete(key).commit();
  }

  /** Stops renewing the lease, as the database is about to be closed. */
  abandon(): void {
    clearInterval(this.#timer);
  }
}
