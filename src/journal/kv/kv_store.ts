import { RunLease } from "./run_lease.ts";
import { loadText, type StoredText, storeText } from "./large_text.ts";
import type { JournalCheckpointKind } from "../../model/journal.ts";
import { JournalError } from "../journal_error.ts";
import type { KvDatabase, KvEntry, KvKey, KvKeyPart } from "./kv_database.ts";
import { openKv } from "./open_kv.ts";
import type {
  JournalStore,
  StoreChanges,
  StoredCheckpoint,
  StoredItem,
  StoredRun,
} from "../store.ts";

/** The version of the format of keys and values. Increment it when the format changes. */
const FORMAT = 1;

/** The stored form of an item that was started. */
interface KvStarted {
  readonly starts: number;
  readonly started: StoredText;
  readonly params?: StoredText;
}

/** The stored form of a checkpoint. */
interface KvCheckpoint {
  readonly kind: JournalCheckpointKind;
  readonly value: StoredText;
}

/** Stores a journal in Deno KV. */
export class KvStore implements JournalStore {
  // Deno KV allows 1,000 mutations and 800 KiB per operation.
  readonly groupSize = 50;
  readonly #where: KvDatabase | string | undefined;
  readonly #prefix: KvKey;
  readonly #leaseDuration: number;
  readonly #claimed = new Map<string, RunLease | undefined>();
  #opening: Promise<KvDatabase> | undefined;

  /** Creates a store that opens the database on first use. */
  constructor(where: KvDatabase | string | undefined, prefix: KvKey, lease: number) {
    this.#where = where;
    this.#prefix = prefix;
    this.#leaseDuration = lease;
  }

  async claim(runId: string): Promise<string | undefined> {
    if (this.#claimed.has(runId)) {
      throw new JournalError(
        `Cannot open the run "${runId}" as it is open already: wait until it has ended`,
        "locked",
      );
    }
    this.#claimed.set(runId, undefined);
    try {
      const kv = await this.#open();
      const lease = await RunLease.acquire(
        kv,
        this.#key("lease", runId),
        this.#leaseDuration,
        runId,
      );
      this.#claimed.set(runId, lease);
      return await this.state(runId);
    } catch (error) {
      await this.release(runId);
      throw error;
    }
  }

  async release(runId: string): Promise<void> {
    const lease = this.#claimed.get(runId);
    this.#claimed.delete(runId);
    await lease?.release();
  }

  async find(runId: string, ids: readonly string[]): Promise<(StoredItem | undefined)[]> {
    const kv = await this.#open();
    const keys = ids.flatMap((id) => [this.#key("item", runId, id), this.#key("end", runId, id)]);
    // `getMany` accepts at most ten keys.
    const pages = [];
    for (let i = 0; i < keys.length; i += 10) pages.push(kv.getMany(keys.slice(i, i + 10)));
    const entries = (await Promise.all(pages)).flat();
    return await Promise.all(
      ids.map((id, i) => this.#readItem(kv, runId, id, entries[2 * i]!, entries[2 * i + 1]!)),
    );
  }

  async findCheckpoints(runId: string, owner: string): Promise<StoredCheckpoint[]> {
    const kv = await this.#open();
    const found: StoredCheckpoint[] = [];
    for await (const { key, value } of kv.list({ prefix: this.#key("checkpoint", runId, owner) })) {
      const { kind, value: text } = value as KvCheckpoint;
      const name = String(key.at(-1));
      const partKey = this.#key("part", runId, owner, name);
      found.push({ owner, kind, name, value: await loadText(kv, partKey, text) });
    }
    return found;
  }

  async write(runId: string, changes: StoreChanges): Promise<void> {
    const { started, ended, removed, checkpoints, endedOwners, state } = changes;
    const kv = await this.#open();
    const lease = this.#lease(runId);
    const store = (kind: string, id: string, text: string) =>
      storeText(kv, this.#key("part", runId, id, kind), text);
    const startEntries = await Promise.all(started.map(async ({ id, starts, started, params }) => {
      const value: KvStarted = {
        starts,
        started: await store("item", id, started),
        ...(params !== undefined && { params: await store("params", id, params) }),
      };
      return [this.#key("item", runId, id), value] as const;
    }));
    const endEntries = await Promise.all(
      ended.map(async ({ id, ended }) =>
        [this.#key("end", runId, id), await store("end", id, ended)] as const
      ),
    );
    const checkpointEntries = await Promise.all(
      checkpoints.map(async ({ owner, kind, name, value }) => {
        const stored: KvCheckpoint = { kind, value: await store(name, owner, value) };
        return [this.#key("checkpoint", runId, owner, name), stored] as const;
      }),
    );
    const entries = [...startEntries, ...endEntries, ...checkpointEntries];
    await lease.commit((atomic) => {
      for (const [key, value] of entries) atomic = atomic.set(key, value);
      for (const id of removed) atomic = atomic.delete(this.#key("item", runId, id));
      return atomic.set(this.#key("run", runId), state);
    });
    for (const { owner, dropRounds } of endedOwners) {
      if (dropRounds) await this.#dropRounds(kv, lease, runId, owner);
    }
  }

  /** Deletes the rounds of an item that has finished. Those that a crash leaves do no harm. */
  async #dropRounds(kv: KvDatabase, lease: RunLease, runId: string, owner: string): Promise<void> {
    const keys: KvKey[] = [];
    for await (const { key, value } of kv.list({ prefix: this.#key("checkpoint", runId, owner) })) {
      const { kind, value: text } = value as KvCheckpoint;
      if (kind !== "round") continue;
      keys.push(key);
      const parts = text instanceof Uint8Array ? 0 : text.parts;
      const name = String(key.at(-1));
      for (let i = 0; i < parts; i++) keys.push(this.#key("part", runId, owner, name, i));
    }
    while (keys.length > 0) await lease.commit(deleteAll(keys.splice(0, 200)));
  }

  async state(runId: string): Promise<string | undefined> {
    const kv = await this.#open();
    const { value } = await kv.get(this.#key("run", runId));
    return value === null ? undefined : String(value);
  }

  async runs(): Promise<StoredRun[]> {
    const kv = await this.#open();
    const runs: StoredRun[] = [];
    for await (const { key, value } of kv.list({ prefix: this.#key("run") })) {
      runs.push({ runId: String(key.at(-1)), state: String(value) });
    }
    return runs;
  }

  async *items(runId: string): AsyncGenerator<StoredItem> {
    const kv = await this.#open();
    // Both lists are ordered by id.
    const ends = kv.list({ prefix: this.#key("end", runId) }, { batchSize: 200 });
    let end = await ends.next();
    try {
      const items = kv.list({ prefix: this.#key("item", runId) }, { batchSize: 200 });
      for await (const entry of items) {
        const id = String(entry.key.at(-1));
        while (!end.done && String(end.value.key.at(-1)) < id) end = await ends.next();
        const ended = !end.done && end.value.key.at(-1) === id ? end.value : undefined;
        const item = await this.#readItem(kv, runId, id, entry, ended);
        if (item !== undefined) yield item;
      }
    } finally {
      await ends.return?.();
    }
  }

  async remove(runId: string): Promise<void> {
    const kv = await this.#open();
    const lease = this.#lease(runId);
    for (const kind of ["end", "item", "checkpoint", "part"]) {
      const keys: KvKey[] = [];
      for await (const { key } of kv.list({ prefix: this.#key(kind, runId) }, { batchSize: 200 })) {
        keys.push(key);
        if (keys.length === 200) await lease.commit(deleteAll(keys.splice(0)));
      }
      await lease.commit(deleteAll(keys));
    }
    await lease.commit(deleteAll([this.#key("run", runId)]));
  }

  async close(): Promise<void> {
    for (const lease of this.#claimed.values()) lease?.abandon();
    const leases = [...this.#claimed.values()];
    this.#claimed.clear();
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening === undefined) return;
    const kv = await opening.catch(() => undefined);
    for (const lease of leases) await lease?.release();
    if (kv !== this.#where) kv?.close();
  }

  async #readItem(
    kv: KvDatabase,
    runId: string,
    id: string,
    item: KvEntry,
    end: KvEntry | undefined,
  ): Promise<StoredItem | undefined> {
    if (item.value === null) return undefined;
    const { starts, started, params } = item.value as KvStarted;
    const load = (kind: string, stored: StoredText) =>
      loadText(kv, this.#key("part", runId, id, kind), stored);
    const ended = (end?.value ?? undefined) as StoredText | undefined;
    return {
      id,
      starts,
      started: await load("item", started),
      ...(params !== undefined && { params: await load("params", params) }),
      ...(ended !== undefined && { ended: await load("end", ended) }),
    };
  }

  #key(...parts: KvKeyPart[]): KvKey {
    return [...this.#prefix, ...parts];
  }

  #lease(runId: string): RunLease {
    const lease = this.#claimed.get(runId);
    if (lease !== undefined) return lease;
    throw new JournalError(`Cannot write to the run "${runId}" as it is not open`, "closed");
  }

  #open(): Promise<KvDatabase> {
    return this.#opening ??= this.#connect().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
  }

  async #connect(): Promise<KvDatabase> {
    const kv = typeof this.#where === "object" ? this.#where : await openKv(this.#where);
    const key = this.#key("format");
    const { value } = await kv.get(key);
    if (value === null) await kv.atomic().set(key, FORMAT).commit();
    else if (Number(value) > FORMAT) {
      if (kv !== this.#where) kv.close();
      throw new JournalError(
        `Cannot open the journal as it was written by a newer version: its format is ${value}, ` +
          `and this version supports ${FORMAT}: update @shoal/agents`,
        "format",
      );
    }
    return kv;
  }
}

function deleteAll(keys: readonly KvKey[]): Parameters<RunLease["commit"]>[0] {
  return (atomic) => keys.reduce((atomic, key) => atomic.delete(key), atomic);
}
