import { createHash } from "node:crypto";
import type {
  CallCheckpoints,
  CheckpointCall,
  CheckpointScope,
} from "../call/tools/checkpoints.ts";
import type {
  JournalCheckpoint,
  JournalCheckpointKind,
  JournalItem,
  JournalSession,
} from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { addSpent, NOTHING_SPENT, type Spent, subtractSpent } from "../model/spent.ts";

/** The methods of a session that keeps checkpoints. */
export type CheckpointSession = Required<Pick<JournalSession, "checkpoints" | "checkpoint">>;

/**
 * The checkpoints of one item. They are read from the journal when the first call inside asks for
 * them.
 */
export class ItemCheckpoints {
  /** The part of the item that the totals of the run have counted with checkpoints. */
  counted: Spent = NOTHING_SPENT;
  /** Why the journal failed, if it has. */
  failure: { readonly error: unknown } | undefined;
  readonly #session: CheckpointSession;
  readonly #item: JournalItem;
  readonly #owner: string;
  /** How often each call was opened: equal calls differ by their order. */
  readonly #opened = new Map<string, number>();
  #recorded: Promise<ReadonlyMap<string, readonly JournalCheckpoint[]>> | undefined;

  /** Creates those of a started item; `owner` is the id under which they are kept. */
  constructor(session: CheckpointSession, item: JournalItem, owner: string) {
    this.#session = session;
    this.#item = item;
    this.#owner = owner;
  }

  /** The scope of the item. */
  get scope(): CheckpointScope {
    return scopeIn(this, "", undefined);
  }

  /** Opens the checkpoints of a call. */
  async open(
    { kind, place, hash }: CheckpointCall,
    path: string,
    parent: OpenCheckpoints | undefined,
  ): Promise<CallCheckpoints | undefined> {
    if (hash === undefined) return undefined;
    const base = `${path}/${kind} ${place}`;
    const key = `${base}#${hash}`;
    const n = this.#opened.get(key) ?? 0;
    this.#opened.set(key, n + 1);
    const call = createHash("sha256").update(`${key}#${n}`).digest("hex").slice(0, 32);
    const recorded = (await this.#load()).get(call)?.filter((one) => one.kind === kind) ?? [];
    // The path of a step has no hash, so that the steps inside an edited workflow are found.
    const inner = kind === "round" ? `${key}#${n}` : `${base}#${n}`;
    return new OpenCheckpoints(this, { kind, call, path: inner, parent }, contiguous(recorded));
  }

  /** Records a checkpoint. */
  async record(checkpoint: JournalCheckpoint, spent: Spent): Promise<void> {
    try {
      await this.#session.checkpoint(this.#item, this.#owner, checkpoint, spent);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  #load(): Promise<ReadonlyMap<string, readonly JournalCheckpoint[]>> {
    return this.#recorded ??= this.#read();
  }

  async #read(): Promise<ReadonlyMap<string, readonly JournalCheckpoint[]>> {
    try {
      const all = await this.#session.checkpoints(this.#item, this.#owner);
      return Map.groupBy(all, ({ call }) => call);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }
}

/** Returns the results from the first index on, up to the first that is missing. */
function contiguous(checkpoints: readonly JournalCheckpoint[]): readonly Result[] {
  const results: Result[] = [];
  for (const { index, result } of checkpoints.toSorted((a, b) => a.index - b.index)) {
    if (index !== results.length) break;
    results.push(result);
  }
  return results;
}

function scopeIn(
  item: ItemCheckpoints,
  path: string,
  parent: OpenCheckpoints | undefined,
): CheckpointScope {
  return { open: (call) => item.open(call, path, parent) };
}

interface OpenCall {
  readonly kind: JournalCheckpointKind;
  readonly call: string;
  /** The path of the calls inside. */
  readonly path: string;
  /** The call in which it is made, if that has checkpoints. */
  readonly parent: OpenCheckpoints | undefined;
}

/** The checkpoints of one call. */
class OpenCheckpoints implements CallCheckpoints {
  readonly recorded: readonly Result[];
  readonly #item: ItemCheckpoints;
  readonly #call: OpenCall;
  #next: number;
  /** The part that checkpoints of calls inside have counted since the last one of this call. */
  #countedInside: Spent = NOTHING_SPENT;

  constructor(item: ItemCheckpoints, call: OpenCall, recorded: readonly Result[]) {
    this.#item = item;
    this.#call = call;
    this.recorded = recorded;
    this.#next = recorded.length;
    // An earlier start has counted them.
    for (const result of recorded) this.#count(result);
  }

  scope(index: number): CheckpointScope {
    const { kind, path } = this.#call;
    return scopeIn(this.#item, kind === "round" ? `${path}/${index}` : path, this);
  }

  async record(result: Result): Promise<void> {
    const { kind, call } = this.#call;
    const spent = subtractSpent(result, this.#countedInside);
    this.#countedInside = NOTHING_SPENT;
    this.#count(spent);
    const { usage, cost } = spent;
    await this.#item.record({ kind, call, index: this.#next++, result }, { usage, cost });
  }

  #count(spent: Spent): void {
    for (let call = this.#call.parent; call !== undefined; call = call.#call.parent) {
      call.#countedInside = addSpent(call.#countedInside, spent);
    }
    this.#item.counted = addSpent(this.#item.counted, spent);
  }
}
