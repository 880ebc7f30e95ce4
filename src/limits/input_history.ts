/** The size of a request, as estimated without knowing any answer. */
export interface InputSize {
  /** The estimate of the input tokens. */
  readonly estimatedInput: number;
  /** The maximum of the input tokens. */
  readonly maxInput: number;
}

/** The share by which a maximum shrinks with each request, so that an old one is forgotten. */
const FORGET = 1 / 2_000;

/** What is known of requests whose texts are about equally dense. */
interface Known {
  /** The number of requests. */
  count: number;
  /** The most tokens of a request for each token of its maximum. */
  ratio: number;
  /** The maximum of the request that has this ratio. */
  densest: number;
}

/**
 * What servers counted for earlier requests, from which the tokens of later ones are estimated.
 * Texts of another language or of another kind have other tokens to a character, so that requests
 * are kept apart by their density: what is known of English says nothing of Chinese.
 */
export class InputHistory {
  /** The number of requests. */
  count = 0;
  readonly #byDensity = new Map<number, Known>();
  /** How far a server has exceeded the maximum, as a factor of at least 1. */
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
   * Returns the tokens that a request has at most. A few requests say little of others, so that a
   * margin is added.
   */
  tokensOf(size: InputSize): number {
    const { maxInput } = size;
    const known = this.#byDensity.get(densityOf(size));
    if (known === undefined) return Math.ceil(maxInput * this.#excess);
    const margin = maxInput === known.densest ? 0 : 0.25 / known.count;
    // Without the rounding error of a product that is whole.
    return Math.ceil(maxInput * known.ratio * (1 + margin) - 1e-6);
  }
}

/** Returns the density of the texts in steps of a factor of 1.4. */
function densityOf({ estimatedInput, maxInput }: InputSize): number {
  return Math.round(2 * Math.log2(maxInput / estimatedInput));
}
