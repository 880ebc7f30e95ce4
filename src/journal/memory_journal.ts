import type { Journal } from "../model/journal.ts";
import { JournalError } from "./journal_error.ts";
import { journalOn, type JournalOptions } from "./journal_on.ts";
import type { JournalStore, StoredCheckpoint, StoredItem } from "./store.ts";

/**
 * Creates a journal in memory: for tests, and to repeat a run within one process without paying
 * twice.
 *
 * @throws {TypeError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { memoryJournal } from "@shoal/agents/journal";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("hi");
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider });
 * await using journal = memoryJournal();
 * const run = () => batch([[Echo, { text: "a" }]], { journal, runId: "nightly" });
 * const [first] = await run();
 * const [again] = await run();
 * console.log(first.replayed, again.replayed, again.content); // false true hi
 * ```
 */
export function memoryJournal(options: JournalOptions = {}): Journal {
  return journalOn(memoryStore(), options);
}

interface MemoryRun {
  state: string | undefined;
  readonly items: Map<string, StoredItem>;
  /** By owner and by name. */
  readonly checkpoints: Map<string, Map<string, StoredCheckpoint>>;
}

function emptyRun(): MemoryRun {
  return { state: undefined, items: new Map(), checkpoints: new Map() };
}

/** Creates a store in memory. */
export function memoryStore(): JournalStore {
  const runs = new Map<string, MemoryRun>();
  const claimed = new Set<string>();
  const run = (runId: string) => {
    const found = runs.get(runId);
    if (found !== undefined && claimed.has(runId)) return found;
    throw new JournalError(`Cannot write to the run "${runId}" as it is not open`, "closed");
  };
  return {
    // deno-lint-ignore require-await -- errors must become rejections
    async claim(runId) {
      if (claimed.has(runId)) {
        throw new JournalError(
          `Cannot open the run "${runId}" as it is open already: wait until it has ended`,
          "locked",
        );
      }
      claimed.add(runId);
      const found = runs.get(runId);
      if (found === undefined) runs.set(runId, emptyRun());
      return found?.state;
    },
    release(runId) {
      claimed.delete(runId);
      if (runs.get(runId)?.state === undefined) runs.delete(runId);
      return Promise.resolve();
    },
    find(runId, ids) {
      const { items } = run(runId);
      return ids.map((id) => items.get(id));
    },
    findCheckpoints: (runId, owner) => [...run(runId).checkpoints.get(owner)?.values() ?? []],
    write(runId, { started, ended, removed, checkpoints, endedOwners, state }) {
      const stored = run(runId);
      for (const item of started) {
        const ended = stored.items.get(item.id)?.ended;
        stored.items.set(item.id, ended === undefined ? item : { ...item, ended });
      }
      for (const { id, ended: end } of ended) {
        stored.items.set(id, { ...stored.items.get(id)!, ended: end });
      }
      for (const id of removed) stored.items.delete(id);
      for (const checkpoint of checkpoints) {
        const { owner, name } = checkpoint;
        const all = stored.checkpoints.get(owner) ?? new Map();
        stored.checkpoints.set(owner, all.set(name, checkpoint));
      }
      for (const { owner, dropRounds } of endedOwners) {
        const all = stored.checkpoints.get(owner);
        if (all === undefined || !dropRounds) continue;
        for (const [name, { kind }] of all) if (kind === "round") all.delete(name);
        if (all.size === 0) stored.checkpoints.delete(owner);
      }
      stored.state = state;
    },
    state: (runId) => Promise.resolve(runs.get(runId)?.state),
    runs: () =>
      Promise.resolve(
        [...runs].flatMap(([runId, { state }]) => state === undefined ? [] : [{ runId, state }]),
      ),
    async *items(runId) {
      yield* runs.get(runId)?.items.values() ?? [];
    },
    remove(runId) {
      run(runId);
      runs.set(runId, emptyRun());
      return Promise.resolve();
    },
    close() {
      claimed.clear();
      return Promise.resolve();
    },
  };
}
