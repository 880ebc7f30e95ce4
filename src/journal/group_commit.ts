/** What comes in one turn of the event loop is a group: what it changes in a run, and how its answers are told. */
import type {
  JournalFound,
  JournalItem,
  JournalOpenOptions,
  JournalStored,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { answerTo } from "./resume_decision.ts";
import { endOf, startOf } from "./item_json.ts";
import type { StoreChanges, StoredItem } from "./store.ts";
import type { Sums } from "./run_totals.ts";

/** An item that was begun. */
export interface Begun {
  readonly id: string;
  readonly starts: number;
  /** How it had ended before. */
  readonly before: Result | undefined;
}

/** Something that waits to be looked up and written. */
export type Wish =
  & { readonly reject: (error: unknown) => void }
  & (
    | {
      readonly what: "begin";
      readonly item: JournalItem;
      readonly id: string;
      readonly record: boolean;
      readonly resolve: (found: JournalFound) => void;
    }
    | {
      readonly what: "end";
      readonly begun: Begun;
      readonly result: Result;
      readonly ended: string;
      readonly resolve: () => void;
    }
    | {
      readonly what: "interrupt";
      readonly begun: Begun;
      readonly result: Result;
      readonly resolve: () => void;
    }
  );

/** The run, as far as it is known here. */
export interface GroupRun {
  /** How it was opened. */
  readonly options: JournalOpenOptions & { readonly store: JournalStored };
  /** Counts. */
  readonly sums: Sums;
  /** What is under way. */
  readonly begun: Map<JournalItem, Begun>;
}

/** What comes of a group. */
export interface Applied {
  /** For each `begin`, in their order. */
  readonly answers: readonly JournalFound[];
  /** What is to be written, if anything is. */
  readonly changes: StoreChanges | undefined;
}

/** Counts a group in, and says what is to be written; `found` is what the store has of each `begin`. */
export function applied(
  group: readonly Wish[],
  found: readonly (StoredItem | undefined)[],
  { options, sums, begun: underWay }: GroupRun,
): Applied {
  const started: StoreChanges["started"][number][] = [];
  const ended: StoreChanges["ended"][number][] = [];
  const removed: string[] = [];
  const answers: JournalFound[] = [];
  const now = Date.now();
  let used = false;
  let i = 0;
  for (const wish of group) {
    if (wish.what === "begin") {
      const item = found[i++];
      const before = item && endOf(item);
      const answer = answerTo(before, options);
      answers.push(answer);
      if (answer !== "missing" || !wish.record) continue;
      const { id } = wish;
      const starts = (item?.starts ?? 0) + 1;
      if (item === undefined) sums.count(1);
      started.push({ id, starts, ...startOf(wish.item, now, options.store) });
      underWay.set(wish.item, { id, starts, before });
      continue;
    }
    const { begun, result } = wish;
    if (wish.what === "end") {
      sums.end(result, begun.before);
      ended.push({ id: begun.id, ended: wish.ended });
    } else if (result.attempts.length > 0) {
      sums.use(result);
      used = true;
    } else if (begun.starts === 1) {
      // Nothing was sent: it is as if it had never been begun.
      sums.count(-1);
      removed.push(begun.id);
    }
  }
  if (started.length + ended.length + removed.length === 0 && !used) {
    return { answers, changes: undefined };
  }
  return { answers, changes: { started, ended, removed, state: String(sums) } };
}

/** Tells those who wait that it is done. */
export function tell(group: readonly Wish[], answers: readonly JournalFound[]): void {
  let i = 0;
  for (const wish of group) {
    if (wish.what === "begin") wish.resolve(answers[i++]!);
    else wish.resolve();
  }
}
