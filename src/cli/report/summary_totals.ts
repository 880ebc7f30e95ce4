import { type Result, summarize, type Summary } from "../../../mod.ts";
import { addCost, addUsage, type Cost } from "../../model/usage.ts";

/** The number of results that are summarized together: memory stays flat. */
const CHUNK_SIZE = 1_000;

/** Sums up any number of results, without keeping them. */
export class SummaryTotals {
  #chunk: Result[] = [];
  #unfinished: Result[] = [];
  #sum: Summary | undefined;
  #spent: Summary | undefined;

  /** Adds a finished result. */
  add(result: Result): void {
    this.#chunk.push(result);
    if (this.#chunk.length >= CHUNK_SIZE) this.#flush();
  }

  /** Adds what an item has used, which does not count as a result: it has not finished. */
  addSpending(result: Result): void {
    this.#unfinished.push(result);
    if (this.#unfinished.length >= CHUNK_SIZE) this.#flush();
  }

  /**
   * Returns the summary of all results. A random sample of them gives the durations, the verdict
   * and the changes of the concurrency.
   *
   * @param wallMs The duration of the run, in milliseconds.
   */
  summary(sample: Iterable<Result>, wallMs: number): Summary {
    this.#flush();
    const sum = this.#sum ?? summarize([]);
    const all = this.#spent === undefined ? sum : addSpending(sum, this.#spent);
    const { durationMs, concurrency, verdict } = summarize(sample);
    return { ...all, wallMs, durationMs, concurrency, verdict };
  }

  #flush(): void {
    if (this.#chunk.length > 0) this.#sum = merge(this.#sum, summarize(this.#chunk));
    if (this.#unfinished.length > 0) {
      this.#spent = merge(this.#spent, summarize(this.#unfinished));
    }
    this.#chunk = [];
    this.#unfinished = [];
  }
}

/** Adds two summaries, except for their durations, concurrency and verdict. */
function merge(a: Summary | undefined, b: Summary): Summary {
  if (a === undefined) return b;
  const all = addSpending(a, b);
  return {
    ...all,
    total: a.total + b.total,
    ok: a.ok + b.ok,
    failed: a.failed + b.failed,
    cached: a.cached + b.cached,
    replayed: a.replayed + b.replayed,
    byModel: Object.fromEntries(
      Object.entries(all.byModel).map(([model, totals]) => {
        const { total = 0, failed = 0 } = b.byModel[model] ?? {};
        return [model, { ...totals, total: totals.total + total, failed: totals.failed + failed }];
      }),
    ),
    byError: addNumbers(a.byError, b.byError),
  };
}

/** Adds what the results of another summary have used. */
function addSpending(sum: Summary, { byModel, ...spent }: Summary): Summary {
  const models: Record<string, Summary["byModel"][string]> = { ...sum.byModel };
  for (const [model, { usage, cost }] of Object.entries(byModel)) {
    const before = models[model];
    models[model] = {
      total: before?.total ?? 0,
      failed: before?.failed ?? 0,
      usage: before === undefined ? usage : addUsage(before.usage, usage),
      cost: addKnownCost(before?.cost, cost),
    };
  }
  return {
    ...sum,
    attempts: sum.attempts + spent.attempts,
    usage: addUsage(sum.usage, spent.usage),
    cost: addKnownCost(sum.cost, spent.cost),
    unpriced: sum.unpriced + spent.unpriced,
    timeSpent: addNumbers(sum.timeSpent, spent.timeSpent),
    byModel: models,
  };
}

/** Adds two costs, of which an unknown one counts as nothing. */
function addKnownCost(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  return a === undefined || b === undefined ? a ?? b : addCost(a, b);
}

/** Adds the numbers of two objects by their names. */
function addNumbers<T extends object>(a: T, b: T): T {
  const sums: Record<string, number> = { ...a as Record<string, number> };
  for (const [name, value] of Object.entries<number>(b as Record<string, number>)) {
    sums[name] = (sums[name] ?? 0) + value;
  }
  return sums as T;
}
