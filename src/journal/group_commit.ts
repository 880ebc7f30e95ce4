/** Computes the changes of a group of operations, which are looked up and written together. */
import type {
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOpenOptions,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import type { Spent } from "../model/spent.ts";
import { readOutcome, writeStart } from "./item_json.ts";
import { resumeDecision } from "./resume_decision.ts";
import type { RunTotals } from "./run_totals.ts";
import type { StoreChanges, StoredCheckpoint, StoredItem } from "./store.ts";

/** An item that has been started and not finished. */
export interface StartedItem {
  readonly id: string;
  readonly starts: number;
  /** The result of an earlier start. */
  readonly previous: Result | undefined;
  /** The number of items with the same id that were started before it. */
  readonly n: number;
  /** The owner of its checkpoints, once there was one to look up or to write. */
  owner?: string;
}

/** An operation that waits to be written. */
export type PendingOperation =
  & { readonly reject: (error: unknown) => void }
  & (
    | {
      readonly type: "begin";
      readonly item: JournalItem;
      readonly id: string;
      readonly n: number;
      readonly record: boolean;
      readonly resolve: (decision: JournalDecision) => void;
    }
    | {
      readonly type: "finish";
      readonly started: StartedItem;
      readonly result: Result;
      readonly counted: Spent | undefined;
      readonly ended: string;
      readonly resolve: () => void;
    }
    | {
      readonly type: "interrupt";
      readonly started: StartedItem;
      readonly result: Result;
      readonly counted: Spent | undefined;
      readonly resolve: () => void;
    }
    | {
      readonly type: "checkpoint";
      readonly stored: StoredCheckpoint;
      readonly spent: Spent;
      readonly resolve: () => void;
    }
  );

/** The state of an open run. */
export interface RunState {
  /** The options that the run was opened with. */
  readonly options: JournalOpenOptions & { readonly store: JournalDetail };
  readonly totals: RunTotals;
  /** The items in flight. */
  readonly inFlight: Map<JournalItem, StartedItem>;
}

/** The outcome of a group. */
export interface AppliedGroup {
  /** The decision for each `begin`, in order. */
  readonly decisions: readonly JournalDecision[];
  /** What to write. `undefined` if nothing has changed. */
  readonly changes: StoreChanges | undefined;
}

/**
 * Applies a group to the state of its run.
 *
 * @param found What the store holds for each `begin`, in order.
 */
export function applyGroup(
  group: readonly PendingOperation[],
  found: readonly (StoredItem | undefined)[],
  { options, totals, inFlight }: RunState,
): AppliedGroup {
  const started: StoreChanges["started"][number][] = [];
  const ended: StoreChanges["ended"][number][] = [];
  const removed: string[] = [];
  const checkpoints: StoredCheckpoint[] = [];
  const endedOwners: StoreChanges["endedOwners"][number][] = [];
  const decisions: JournalDecision[] = [];
  const now = Date.now();
  let hasUsage = false;
  let i = 0;
  for (const operation of group) {
    if (operation.type === "begin") {
      const stored = found[i++];
      const previous = stored && readOutcome(stored);
      const decision = resumeDecision(previous, options);
      decisions.push(decision);
      if (decision !== "missing" || !operation.record) continue;
      const { id, n, item } = operation;
      const starts = (stored?.starts ?? 0) + 1;
      if (stored === undefined) totals.addItems(1);
      started.push({ id, starts, ...writeStart(item, now, options.store) });
      inFlight.set(item, { id, starts, previous, n });
      continue;
    }
    if (operation.type === "checkpoint") {
      totals.addSpent(operation.spent, true);
      checkpoints.push(operation.stored);
      continue;
    }
    const { started: { id, starts, previous, owner }, result, counted } = operation;
    if (owner !== undefined) {
      endedOwners.push({ owner, dropRounds: operation.type === "finish" && result.ok });
    }
    if (operation.type === "finish") {
      totals.addOutcome(result, previous, counted);
      ended.push({ id, ended: operation.ended });
    } else if (result.attempts.length > 0) {
      totals.addCost(result, counted);
      hasUsage = true;
    } else if (starts === 1) {
      // Nothing was sent: the item counts as never started.
      totals.addItems(-1);
      removed.push(id);
    }
  }
  const count = started.length + ended.length + removed.length + checkpoints.length;
  if (count + endedOwners.length === 0 && !hasUsage) return { decisions, changes: undefined };
  const state = String(totals);
  return { decisions, changes: { started, ended, removed, checkpoints, endedOwners, state } };
}

/** Resolves the promises of a group that has been written. */
export function resolveGroup(
  group: readonly PendingOperation[],
  decisions: readonly JournalDecision[],
): void {
  let i = 0;
  for (const operation of group) {
    if (operation.type === "begin") operation.resolve(decisions[i++]!);
    else operation.resolve();
  }
}
