/** What comes in one turn of the event loop is a group: what it changes in a run, and how its answers are told. */
import type {
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOpenOptions,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { resumeDecision } from "./resume_decision.ts";
import { readOutcome, writeStart } from "./item_json.ts";
import type { StoreChanges, StoredItem } from "./store.ts";
import type { RunTotals } from "./run_totals.ts";

/** An item that was begun. */
export interface StartedItem {
  readonly id: string;
  readonly starts: number;
  /** How it had ended before. */
  readonly before: Result | undefined;
}

/** Something that waits to be looked up and written. */
export type PendingOperation =
  & { readonly reject: (error: unknown) => void }
  & (
    | {
      readonly what: "begin";
      readonly item: JournalItem;
      readonly id: string;
      readonly record: boolean;
      readonly resolve: (found: JournalDecision) => void;
    }
    | {
      readonly what: "end";
      readonly begun: StartedItem;
      readonly result: Result;
      readonly ended: string;
      readonly resolve: () => void;
    }
    | {
      readonly what: "interrupt";
      readonly begun: StartedItem;
      readonly result: Result;
      readonly resolve: () => void;
    }
  );

/** The run, as far as it is known here. */
export interface RunState {
  /** How it was opened. */
  readonly options: JournalOpenOptions & { readonly store: JournalDetail };
  /** Counts. */
  readonly totals: RunTotals;
  /** What is under way. */
  readonly startedItems: Map<JournalItem, StartedItem>;
}

/** What comes of a group. */
export interface AppliedGroup {
  /** For each `begin`, in their order. */
  readonly decisions: readonly JournalDecision[];
  /** What is to be written, if anything is. */
  readonly changes: StoreChanges | undefined;
}

/** Counts a group in, and says what is to be written; `found` is what the store has of each `begin`. */
export function applyGroup(
  group: readonly PendingOperation[],
  found: readonly (StoredItem | undefined)[],
  { options, totals: sums, startedItems: underWay }: RunState,
): AppliedGroup {
  const started: StoreChanges["started"][number][] = [];
  const ended: StoreChanges["ended"][number][] = [];
  const removed: string[] = [];
  const answers: JournalDecision[] = [];
  const now = Date.now();
  let used = false;
  let i = 0;
  for (const wish of group) {
    if (wish.what === "begin") {
      const item = found[i++];
      const before = item && readOutcome(item);
      const answer = resumeDecision(before, options);
      answers.push(answer);
      if (answer !== "missing" || !wish.record) continue;
      const { id } = wish;
      const starts = (item?.starts ?? 0) + 1;
      if (item === undefined) sums.addItems(1);
      started.push({ id, starts, ...writeStart(wish.item, now, options.store) });
      underWay.set(wish.item, { id, starts, before });
      continue;
    }
    const { begun, result } = wish;
    if (wish.what === "end") {
      sums.addOutcome(result, begun.before);
      ended.push({ id: begun.id, ended: wish.ended });
    } else if (result.attempts.length > 0) {
      sums.addCost(result);
      used = true;
    } else if (begun.starts === 1) {
      // Nothing was sent: it is as if it had never been begun.
      sums.addItems(-1);
      removed.push(begun.id);
    }
  }
  if (started.length + ended.length + removed.length === 0 && !used) {
    return { decisions: answers, changes: undefined };
  }
  return { decisions: answers, changes: { started, ended, removed, state: String(sums) } };
}

/** Tells those who wait that it is done. */
export function resolveGroup(
  group: readonly PendingOperation[],
  answers: readonly JournalDecision[],
): void {
  let i = 0;
  for (const wish of group) {
    if (wish.what === "begin") wish.resolve(answers[i++]!);
    else wish.resolve();
  }
}
