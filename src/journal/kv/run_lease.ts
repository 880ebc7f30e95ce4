import { delay } from "@std/async/delay";
import { JournalError } from "../journal_error.ts";
import type { KvAtomic, KvDatabase, KvKey } from "./kv_database.ts";

/** Clocks of two machines are taken to differ by no more than this, in milliseconds. */
const SKEW_MS = 60_000;

/** Some times in its life a lease is renewed. */
const RENEWALS = 5;

/**
 * The right to write to a run, for some time. Deno KV may be on another machine, and does not tell when a process ends: so the right is
 * renewed as long as its owner lives, and every write depends on it. Who has lost it cannot write.
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
    // Whoever writes next hears that it is lost.
    this.#timer = setInterval(() => void this.commit((a) => a).catch(() => {}), ms / RENEWALS);
  }

  /**
   * Takes it: at once where nobody has it, after its time where its owner does not renew it.
   *
   * @throws {JournalError} With the code `locked` if its owner lives.
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
          `Cannot open the run "${runId}" as another process is writing to it: wait until it has ended`,
          "locked",
        );
      }
      await delay(ms / RENEWALS / 2);
    }
  }

  /**
   * Writes, if the lease is still ours, and renews it.
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
          "Cannot write to the journal as another process has taken over the run: this one was silent for too long",
          "locked",
        );
      }
    });
    this.#last = work.catch(() => {});
    return work;
  }

  /** Gives it back. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
    const { key, versionstamp } = { key: this.#key, versionstamp: this.#versionstamp };
    await this.#kv.atomic().check({ key, versionstamp }).delete(key).commit();
  }

  /** Forgets it: the database is being closed. */
  abandon(): void {
    clearInterval(this.#timer);
  }
}
