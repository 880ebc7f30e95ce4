/** A part of a key of Deno KV. */
export type KvKeyPart = Uint8Array | string | number | bigint | boolean | symbol;

/** A key of Deno KV. */
export type KvKey = readonly KvKeyPart[];

/** What Deno KV has under a key; the versionstamp is `null` if that is nothing. */
export interface KvEntry {
  /** The key. */
  readonly key: KvKey;
  /** The value. */
  readonly value: unknown;
  /** Changes with each write. */
  readonly versionstamp: string | null;
}

/** Several changes of Deno KV at once. */
export interface KvAtomic {
  /** Changes nothing unless these entries are as they were. */
  check(...checks: { readonly key: KvKey; readonly versionstamp: string | null }[]): this;
  /** Writes a value. */
  set(key: KvKey, value: unknown): this;
  /** Deletes a value. */
  delete(key: KvKey): this;
  /** Does it. */
  commit(): Promise<{ readonly ok: boolean; readonly versionstamp?: string }>;
}

/** What is needed of a `Deno.Kv`, whose types are only there with `--unstable-kv`. */
export interface KvDatabase {
  /** What is under a key. */
  get(key: KvKey): Promise<KvEntry>;
  /** What is under several keys. */
  getMany(keys: readonly KvKey[]): Promise<readonly KvEntry[]>;
  /** Everything whose key begins like this, in order. */
  list(
    selector: { readonly prefix: KvKey },
    options?: { readonly batchSize?: number },
  ): AsyncIterableIterator<KvEntry>;
  /** Begins several changes at once. */
  atomic(): KvAtomic;
  /** Lets go of it. */
  close(): void;
}
