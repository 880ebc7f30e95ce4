/** A part of a key of Deno KV. */
export type KvKeyPart = Uint8Array | string | number | bigint | boolean | symbol;

/** A key of Deno KV. */
export type KvKey = readonly KvKeyPart[];

/** An entry of Deno KV. The versionstamp is `null` if the key has no value. */
export interface KvEntry {
  /** The key. */
  readonly key: KvKey;
  /** The value. */
  readonly value: unknown;
  /** The version of the value, which changes with each write. */
  readonly versionstamp: string | null;
}

/** An atomic operation of Deno KV. */
export interface KvAtomic {
  /** Makes the commit fail if one of these entries has changed. */
  check(...checks: { readonly key: KvKey; readonly versionstamp: string | null }[]): this;
  /** Writes a value. */
  set(key: KvKey, value: unknown): this;
  /** Deletes a value. */
  delete(key: KvKey): this;
  /** Commits the operation. */
  commit(): Promise<{ readonly ok: boolean; readonly versionstamp?: string }>;
}

/** The part of `Deno.Kv` that is used here. Deno declares its type only with `--unstable-kv`. */
export interface KvDatabase {
  /** Gets the entry of a key. */
  get(key: KvKey): Promise<KvEntry>;
  /** Gets the entries of several keys. */
  getMany(keys: readonly KvKey[]): Promise<readonly KvEntry[]>;
  /** Lists all entries with a key prefix, in order. */
  list(
    selector: { readonly prefix: KvKey },
    options?: { readonly batchSize?: number },
  ): AsyncIterableIterator<KvEntry>;
  /** Starts an atomic operation. */
  atomic(): KvAtomic;
  /** Closes the database. */
  close(): void;
}
