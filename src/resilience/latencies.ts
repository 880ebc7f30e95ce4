import type { Provider } from "../model/provider.ts";

/** So many of the latest answers are looked at: enough for a 95th percentile, few enough to follow a server that gets slower. */
const WINDOW = 200;

/** Fewer answers than this say nothing of the slow ones. */
const ENOUGH = 20;

/** How long the latest answers took, in milliseconds. */
export class Latencies {
  /** As they came; the oldest is overwritten. */
  readonly #latest = new Float64Array(WINDOW);
  /** The same, sorted. One that comes moves its way through those that are there, so nothing is ever sorted anew. */
  readonly #sorted = new Float64Array(WINDOW);
  #added = 0;

  /** How many there are. */
  get size(): number {
    return Math.min(this.#added, WINDOW);
  }

  /** Adds one; in a full window it takes the place of the oldest. */
  add(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) return; // one NaN would stay among the sorted ones for good
    const sorted = this.#sorted;
    const slot = this.#added % WINDOW;
    const last = this.#added < WINDOW ? slot : WINDOW - 1;
    let i = this.#added < WINDOW ? slot : sorted.indexOf(this.#latest[slot]!);
    for (; i > 0 && sorted[i - 1]! > ms; i--) sorted[i] = sorted[i - 1]!;
    for (; i < last && sorted[i + 1]! < ms; i++) sorted[i] = sorted[i + 1]!;
    sorted[i] = ms;
    this.#latest[slot] = ms;
    this.#added++;
  }

  /**
   * What the next answer stays below with a chance of `p` percent; `undefined` until there are enough of them.
   *
   * n answers leave n + 1 places for the next one, each as likely as the others. So it is the value at the rank
   * p (n + 1) / 100, rounded up, and not at p n / 100: of 20, that one is exceeded by a tenth.
   */
  percentile(p: number): number | undefined {
    const { size } = this;
    if (size < ENOUGH) return undefined;
    return this.#sorted[Math.min(size, Math.ceil(p * (size + 1) / 100)) - 1];
  }
}

const windows = new WeakMap<object, WeakMap<Provider, Map<string, Latencies>>>();

/**
 * How long the latest answers of one kind took: one window in the process for each kind. Short answers say nothing of how long a
 * long one takes, nor does a first piece of a whole answer.
 *
 * @param owner What asks like this again and again: an object that stands for the agent. What is known goes when it goes.
 */
export function latenciesOf(
  owner: object,
  provider: Provider,
  model: string,
  streamed: boolean,
): Latencies {
  let providers = windows.get(owner);
  if (providers === undefined) windows.set(owner, providers = new WeakMap());
  let kinds = providers.get(provider);
  if (kinds === undefined) providers.set(provider, kinds = new Map());
  const kind = `${streamed ? "stream" : "whole"} ${model}`;
  let latencies = kinds.get(kind);
  if (latencies === undefined) kinds.set(kind, latencies = new Latencies());
  return latencies;
}
