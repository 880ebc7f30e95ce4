import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import { causeMessage } from "../model/cause_message.ts";
import type {
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOpenOptions,
  JournalSession,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
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
  }

  begin(
    item: JournalItem,
    { record = true }: { readonly record?: boolean } = {},
  ): Promise<JournalDecision> {
    const id = this.#uniqueId(item.id);
    return new Promise((resolve, reject) =>
      this.#enqueue({ type: "begin", item, id, record, resolve, reject })
    );
  }

  finish(item: JournalItem, result: Result): Promise<void> {
    const started = this.#takeStarted(item);
    if (started === undefined) return Promise.resolve();
    try {
      const ended = this.#serialize(item, result);
      return new Promise((resolve, reject) =>
        this.#enqueue({ type: "finish", started, result, ended, resolve, reject })
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  interrupt(item: JournalItem, result: Result): Promise<void> {
    const started = this.#takeStarted(item);
    if (started === undefined) return Promise.resolve();
    return new Promise((resolve, reject) =>
      this.#enqueue({ type: "interrupt", started, result, resolve, reject })
    );
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#store.release(this.#runId);
  }

  /**
   * Returns an id of its own for the nth item with the same id. The order of identical items is
   * irrelevant.
   */
  #uniqueId(id: string): string {
    const n = this.#counts.countUp(id);
    if (n === 0) return id;
    return createHash("sha256").update(`${id}#${n}`).digest("hex").slice(0, 32);
  }

  #takeStarted(item: JournalItem): StartedItem | undefined {
    const { inFlight } = this.#state;
    const started = inFlight.get(item);
    inFlight.delete(item);
    return started;
  }

  #serialize({ index }: JournalItem, result: Result): string {
    try {
      return writeResult(result, this.#state.options.store);
    } catch (cause) {
      throw new JournalError(
        `Cannot record item ${index} in the journal as its output must be JSON: ` +
          causeMessage(cause),
        "write",
        { cause },
      );
    }
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
    this.#failure = cause instanceof JournalError ? cause : new JournalError(
      `Cannot record in the journal as its store failed: ${causeMessage(cause)}`,
      "write",
      { cause },
    );
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
