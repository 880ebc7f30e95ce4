import type { Provider } from "../model/provider.ts";

/**
 * The number of latencies kept: enough for a 95th percentile, and few enough to follow a change.
 */
const WINDOW = 200;

/** The minimum number of latencies for a percentile. */
const MIN_SIZE = 20;

/** The latencies of the latest answers, in milliseconds. */
export class Latencies {
  /** In the order of arrival; the oldest is overwritten. */
  readonly #latest = new Float64Array(WINDOW);
  /** The same values, sorted. A new value is inserted in place. */
  readonly #sorted = new Float64Array(WINDOW);
  #added = 0;

  /** The number of latencies in the window. */
  get size(): number {
    return Math.min(this.#added, WINDOW);
  }

  /** Adds a latency. In a full window it replaces the oldest. */
  add(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) return; // a NaN would stay in the sorted window for good
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
   * Returns the latency that the next answer stays below with a chance of `p` percent, or
   * `undefined` for fewer than 20 answers.
   *
   * The next answer is equally likely to fall into each of the n + 1 gaps between n sorted values.
   * So the result is the value of rank p (n + 1) / 100, rounded up. The value of rank p n / 100 is
   * exceeded too often: by a tenth of the answers for p = 95 and n = 20.
   */
  percentile(p: number): number | undefined {
    const { size } = this;
    if (size < MIN_SIZE) return undefined;
    return this.#sorted[Math.min(size, Math.ceil(p * (size + 1) / 100)) - 1];
  }
}

const windows = new WeakMap<object, WeakMap<Provider, Map<string, Latencies>>>();

/**
 * Returns the process-wide window for one kind of answer. Agents, models and streamed answers have
 * windows of their own, since their latencies differ.
 *
 * @param owner An object that stands for the agent. The windows are freed with it.
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
