import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import type {
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOpenOptions,
  JournalSession,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { causeMessage } from "../model/cause_message.ts";
import { JournalError } from "./journal_error.ts";
import {
  applyGroup,
  type PendingOperation,
  resolveGroup,
  type StartedItem,
} from "./group_commit.ts";
import { NumberMap } from "./number_map.ts";
import { writeResult } from "./result_json.ts";
import type { JournalStore, StoredItem } from "./store.ts";
import { RunTotals } from "./run_totals.ts";

const GROUP = 500;

/**
 * A run that is being written to. What comes in the same turn of the event loop is looked up and written as one group, since a
 * store takes for 500 items little more than for one; who waits is told when the group is written.
 */
export class Session implements JournalSession {
  readonly #store: JournalStore;
  readonly #runId: string;
  readonly #options: JournalOpenOptions & { readonly store: JournalDetail };
  readonly #sums: RunTotals;
  readonly #wishes: PendingOperation[] = [];
  /** How often each id was seen. */
  readonly #seen = new NumberMap();
  readonly #begun = new Map<JournalItem, StartedItem>();
  #flushing: Promise<void> | undefined;
  #failed: JournalError | undefined;
  #closed: Promise<void> | undefined;

  /** For a run that was claimed; `state` is what the store had of it. */
  constructor(
    store: JournalStore,
    runId: string,
    options: JournalOpenOptions & { readonly store: JournalDetail },
    state: string | undefined,
  ) {
    this.#store = store;
    this.#runId = runId;
    this.#options = options;
    this.#sums = new RunTotals(state);
  }

  begin(
    item: JournalItem,
    { record = true }: { readonly record?: boolean } = {},
  ): Promise<JournalDecision> {
    const id = this.#numbered(item.id);
    return new Promise((resolve, reject) =>
      this.#wish({ what: "begin", item, id, record, resolve, reject })
    );
  }

  finish(item: JournalItem, result: Result): Promise<void> {
    const begun = this.#taken(item);
    if (begun === undefined) return Promise.resolve();
    try {
      const ended = this.#written(item, result);
      return new Promise((resolve, reject) =>
        this.#wish({ what: "end", begun, result, ended, resolve, reject })
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  interrupt(item: JournalItem, result: Result): Promise<void> {
    const begun = this.#taken(item);
    if (begun === undefined) return Promise.resolve();
    return new Promise((resolve, reject) =>
      this.#wish({ what: "interrupt", begun, result, resolve, reject })
    );
  }

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    await this.#store.release(this.#runId);
  }

  /** The nth item with the same id has an id of its own: who stands where is all the same, since they are the same. */
  #numbered(id: string): string {
    const n = this.#seen.countUp(id);
    if (n === 0) return id;
    return createHash("sha256").update(`${id}#${n}`).digest("hex").slice(0, 32);
  }

  #taken(item: JournalItem): StartedItem | undefined {
    const begun = this.#begun.get(item);
    this.#begun.delete(item);
    return begun;
  }

  #written({ index }: JournalItem, result: Result): string {
    try {
      return writeResult(result, this.#options.store);
    } catch (cause) {
      throw new JournalError(
        `Cannot record item ${index} in the journal as what came out of it must be JSON: ${
          causeMessage(cause)
        }`,
        "write",
        { cause },
      );
    }
  }

  #wish(wish: PendingOperation): void {
    if (this.#failed !== undefined) return wish.reject(this.#failed);
    if (this.#closed !== undefined) return wish.reject(closed(this.#runId));
    this.#wishes.push(wish);
    this.#flushing ??= this.#flush();
  }

  /** Writes one group after another, each when everything else on the event loop had its turn, until nothing is left. */
  async #flush(): Promise<void> {
    const { groupSize = GROUP } = this.#store;
    while (this.#wishes.length > 0) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const group = this.#wishes.splice(0, groupSize);
      try {
        const written = this.#write(group);
        if (written instanceof Promise) await written;
      } catch (cause) {
        this.#fail(cause, group);
      }
    }
    this.#flushing = undefined;
  }

  /** After this nothing is written any more: what the store has is the truth. */
  #fail(cause: unknown, group: readonly PendingOperation[]): void {
    this.#failed = cause instanceof JournalError ? cause : new JournalError(
      `Cannot record in the journal as it failed: ${causeMessage(cause)}`,
      "write",
      { cause },
    );
    for (const { reject } of [...group, ...this.#wishes.splice(0)]) reject(this.#failed);
  }

  #write(group: readonly PendingOperation[]): void | Promise<void> {
    const ids: string[] = [];
    for (const wish of group) if (wish.what === "begin") ids.push(wish.id);
    if (ids.length === 0) return this.#change(group, []);
    const found = this.#store.find(this.#runId, ids);
    if (!(found instanceof Promise)) return this.#change(group, found);
    return found.then((found) => this.#change(group, found));
  }

  #change(
    group: readonly PendingOperation[],
    found: readonly (StoredItem | undefined)[],
  ): void | Promise<void> {
    const { decisions: answers, changes } = applyGroup(group, found, {
      options: this.#options,
      totals: this.#sums,
      startedItems: this.#begun,
    });
    if (changes === undefined) return resolveGroup(group, answers);
    const written = this.#store.write(this.#runId, changes);
    return written === undefined
      ? resolveGroup(group, answers)
      : written.then(() => resolveGroup(group, answers));
  }
}

function closed(runId: string): JournalError {
  return new JournalError(`Cannot record in the run "${runId}" as it was closed`, "closed");
}
