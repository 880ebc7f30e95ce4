import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import { causeMessage } from "../model/cause_message.ts";
import type {
  JournalCheckpoint,
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOpenOptions,
  JournalSession,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import type { Spent } from "../model/spent.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint_json.ts";
import {
  applyGroup,
  type PendingOperation,
  resolveGroup,
  type RunState,
  type StartedItem,
} from "./group_commit.ts";
import { JournalError } from "./journal_error.ts";
import { NumberMap } from "./number_map.ts";
import { writeResult } from "./result_json.ts";
import { RunTotals } from "./run_totals.ts";
import type { JournalStore, StoredItem } from "./store.ts";

const DEFAULT_GROUP_SIZE = 500;

/**
 * A run that is open for writing. Operations of the same turn of the event loop are looked up and
 * written as one group, as writing 500 items takes a store little longer than writing one. Their
 * promises resolve when the group has been written.
 */
export class Session implements JournalSession {
  readonly checkpoints?: JournalSession["checkpoints"];
  readonly checkpoint?: JournalSession["checkpoint"];
  readonly #store: JournalStore;
  readonly #runId: string;
  readonly #state: RunState;
  readonly #pending: PendingOperation[] = [];
  /** The number of items that have been started, by id. */
  readonly #counts = new NumberMap();
  #flushing: Promise<void> | undefined;
  #failure: JournalError | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Creates the session of a run that has been claimed.
   *
   * @param state The stored totals of the run. `undefined` if the run is new.
   */
  constructor(
    store: JournalStore,
    runId: string,
    options: JournalOpenOptions & { readonly store: JournalDetail },
    state: string | undefined,
  ) {
    this.#store = store;
    this.#runId = runId;
    this.#state = { options, totals: new RunTotals(state), inFlight: new Map() };
    // Checkpoints hold answers and results of tools.
    if (store.findCheckpoints === undefined || options.store === "none") return;
    this.checkpoints = this.#findCheckpoints.bind(this);
    this.checkpoint = this.#recordCheckpoint.bind(this);
  }

  begin(
    item: JournalItem,
    { record = true }: { readonly record?: boolean } = {},
  ): Promise<JournalDecision> {
    // The order of identical items is irrelevant.
    const n = this.#counts.countUp(item.id);
    const id = uniqueId(item.id, n);
    return new Promise((resolve, reject) =>
      this.#enqueue({ type: "begin", item, id, n, record, resolve, reject })
    );
  }

  finish(item: JournalItem, result: Result, { counted }: CountedPart = {}): Promise<void> {
    const started = this.#takeStarted(item);
    if (started === undefined) return Promise.resolve();
    try {
      const { store } = this.#state.options;
      const ended = serialize(item, "output", () => writeResult(result, store));
      return new Promise((resolve, reject) =>
        this.#enqueue({ type: "finish", started, result, counted, ended, resolve, reject })
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  interrupt(item: JournalItem, result: Result, { counted }: CountedPart = {}): Promise<void> {
    const started = this.#takeStarted(item);
    if (started === undefined) return Promise.resolve();
    return new Promise((resolve, reject) =>
      this.#enqueue({ type: "interrupt", started, result, counted, resolve, reject })
    );
  }

  async #findCheckpoints(item: JournalItem, owner: string): Promise<readonly JournalCheckpoint[]> {
    const started = this.#state.inFlight.get(item);
    if (started === undefined) return [];
    started.owner = uniqueId(owner, started.n);
    try {
      const stored = await this.#store.findCheckpoints!(this.#runId, started.owner);
      return stored.flatMap(readCheckpoint);
    } catch (cause) {
      throw storeError(cause, "read");
    }
  }

  #recordCheckpoint(
    item: JournalItem,
    owner: string,
    checkpoint: JournalCheckpoint,
    spent: Spent,
  ): Promise<void> {
    const started = this.#state.inFlight.get(item);
    // A tool or a step may go on in the background after its item has ended.
    if (started === undefined) return Promise.resolve();
    const unique = started.owner ??= uniqueId(owner, started.n);
    try {
      const { kind } = checkpoint;
      const stored = serialize(item, kind, () => writeCheckpoint(unique, checkpoint));
      return new Promise((resolve, reject) =>
        this.#enqueue({ type: "checkpoint", stored, spent, resolve, reject })
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#store.release(this.#runId);
  }

  #takeStarted(item: JournalItem): StartedItem | undefined {
    const { inFlight } = this.#state;
    const started = inFlight.get(item);
    inFlight.delete(item);
    return started;
  }

  #enqueue(operation: PendingOperation): void {
    if (this.#failure !== undefined) return operation.reject(this.#failure);
    if (this.#closing !== undefined) return operation.reject(closedError(this.#runId));
    this.#pending.push(operation);
    this.#flushing ??= this.#flush();
  }

  /** Writes group after group until nothing is pending, each in a later turn of the event loop. */
  async #flush(): Promise<void> {
    const { groupSize = DEFAULT_GROUP_SIZE } = this.#store;
    while (this.#pending.length > 0) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const group = this.#pending.splice(0, groupSize);
      try {
        const written = this.#findAndWrite(group);
        if (written instanceof Promise) await written;
      } catch (cause) {
        this.#fail(cause, group);
      }
    }
    this.#flushing = undefined;
  }

  /** Rejects all pending and later operations: nothing is written after a failed write. */
  #fail(cause: unknown, group: readonly PendingOperation[]): void {
    this.#failure = storeError(cause, "write");
    for (const { reject } of [...group, ...this.#pending.splice(0)]) reject(this.#failure);
  }

  #findAndWrite(group: readonly PendingOperation[]): void | Promise<void> {
    const ids: string[] = [];
    for (const operation of group) if (operation.type === "begin") ids.push(operation.id);
    if (ids.length === 0) return this.#write(group, []);
    const found = this.#store.find(this.#runId, ids);
    if (!(found instanceof Promise)) return this.#write(group, found);
    return found.then((found) => this.#write(group, found));
  }

  #write(
    group: readonly PendingOperation[],
    found: readonly (StoredItem | undefined)[],
  ): void | Promise<void> {
    const { decisions, changes } = applyGroup(group, found, this.#state);
    if (changes === undefined) return resolveGroup(group, decisions);
    const written = this.#store.write(this.#runId, changes);
    if (written === undefined) return resolveGroup(group, decisions);
    return written.then(() => resolveGroup(group, decisions));
  }
}

function closedError(runId: string): JournalError {
  return new JournalError(`Cannot record in the run "${runId}" as it was closed`, "closed");
}

function storeError(cause: unknown, code: "read" | "write"): JournalError {
  if (cause instanceof JournalError) return cause;
  const doing = code === "read" ? "read" : "record in";
  return new JournalError(
    `Cannot ${doing} the journal as its store failed: ${causeMessage(cause)}`,
    code,
    { cause },
  );
}

/** What the totals of the run have counted of a result already. */
interface CountedPart {
  readonly counted?: Spent;
}

/** Returns an id of its own for the item that follows `n` others with the same id. */
function uniqueId(id: string, n: number): string {
  if (n === 0) return id;
  return createHash("sha256").update(`${id}#${n}`).digest("hex").slice(0, 32);
}

function serialize<T>({ index }: JournalItem, what: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new JournalError(
      `Cannot record item ${index} in the journal as its ${what} must be JSON: ` +
        causeMessage(cause),
      "write",
      { cause },
    );
  }
}
