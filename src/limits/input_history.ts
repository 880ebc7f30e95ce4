/** The size of a request, as estimated without knowing any answer. */
export interface InputSize {
  /** The estimate of the input tokens. */
  readonly estimatedInput: number;
  /** The maximum of the input tokens. */
  readonly maxInput: number;
}

/** The share by which a maximum shrinks with each request, so that an old one is forgotten. */
const FORGET = 1 / 2_000;

/** The statistics of requests whose texts are about equally dense. */
interface Known {
  /** The number of requests. */
  count: number;
  /** The most tokens of a request for each token of its maximum. */
  ratio: number;
  /** The maximum of the request that has this ratio. */
  densest: number;
}

/**
 * Estimates the tokens of requests from those that the server counted for earlier ones. The tokens
 * per character depend on the language and the kind of text. So requests are grouped by density:
 * English requests do not change the estimate of Chinese ones.
 */
export class InputHistory {
  /** The number of requests. */
  count = 0;
  readonly #byDensity = new Map<number, Known>();
  /** The highest factor by which a server exceeded the maximum, at least 1. */
  #excess = 1;

  /** Adds a request, and the tokens that the server counted. */
  add(size: InputSize, tokens: number): void {
    if (size.estimatedInput <= 0) return;
    this.count++;
    const density = densityOf(size);
    let known = this.#byDensity.get(density);
    if (known === undefined) {
      this.#byDensity.set(density, known = { count: 0, ratio: 0, densest: 0 });
    }
    known.count++;
    const ratio = tokens / size.maxInput;
    const before = known.ratio * (1 - FORGET);
    known.ratio = Math.max(ratio, before);
    if (ratio >= before) known.densest = size.maxInput;
    this.#excess = Math.max(ratio, this.#excess);
  }

  /** Whether a request of this density was added. */
  isKnown(size: InputSize): boolean {
    return this.#byDensity.has(densityOf(size));
  }

  /**
   * Returns the maximum tokens of a request. A few requests say little about others, so a margin is
   * added.
   */
  tokensOf(size: InputSize): number {
    const { maxInput } = size;
    const known = this.#byDensity.get(densityOf(size));
    if (known === undefined) return Math.ceil(maxInput * this.#excess);
    const margin = maxInput === known.densest ? 0 : 0.25 / known.count;
    // Removes the rounding error of a product that is an integer.
    return Math.ceil(maxInput * known.ratio * (1 + margin) - 1e-6);
  }
}

/** Returns the density of the texts, in steps of a factor of about 1.4. */
function densityOf({ estimatedInput, maxInput }: InputSize): number {
  return Math.round(2 * Math.log2(maxInput / estimatedInput));
}
