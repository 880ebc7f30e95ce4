import { FIRST_DENSE, unitTable } from "./text_units.ts";

/** The minimum length of a stretch, in units. A shorter one may be the server's own words. */
export const STRETCH = 12;

/** A server that knows it could send stretches that all have one hash. */
const BASE = (Math.floor(Math.random() * 2 ** 30) * 2 + 3) | 0;
/** What the first unit of a stretch contributes to its hash. */
const FIRST = powerOf(BASE, STRETCH - 1);
/** The hash of a stretch decides by these bits whether it can be in the text. */
const FILTER_MASK = 0x3ffff;

function powerOf(base: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = Math.imul(power, base);
  return power;
}

/**
 * Finds stretches of a short text that occur in others, which may have megabytes: by rolling
 * hashes, each of which is verified.
 */
export class StretchFinder {
  readonly #units: Uint16Array;
  readonly #filter = new Uint8Array(FILTER_MASK + 1);
  /** Where the stretches of a hash begin that were not found yet. */
  readonly #places = new Map<number, number[]>();
  /** The last units of the other text. */
  readonly #recent = new Uint16Array(STRETCH);

  /** Creates a finder for the stretches of a text with these units. */
  constructor(units: Uint16Array) {
    this.#units = units;
    for (let at = 0; at + STRETCH <= units.length; at++) {
      let hash = 0;
      for (let i = at; i < at + STRETCH; i++) hash = (Math.imul(hash, BASE) + units[i]!) | 0;
      this.#filter[hash & FILTER_MASK] = 1;
      const places = this.#places.get(hash);
      if (places === undefined) this.#places.set(hash, [at]);
      else places.push(at);
    }
  }

  /** Calls back with the place of each stretch that occurs in another text, once for each. */
  find(other: string, onFound: (place: number) => void): void {
    const table = unitTable();
    const filter = this.#filter;
    const recent = this.#recent;
    let hash = 0;
    let count = 0;
    let slot = 0;
    for (let i = 0; i < other.length; i++) {
      const code = other.charCodeAt(i);
      const unit = table[code]!;
      if (unit === 0) continue;
      for (let n = code >= FIRST_DENSE ? 3 : 1; n > 0; n--) {
        if (count >= STRETCH) hash = (hash - Math.imul(recent[slot]!, FIRST)) | 0;
        hash = (Math.imul(hash, BASE) + unit) | 0;
        recent[slot] = unit;
        slot = slot === STRETCH - 1 ? 0 : slot + 1;
        if (++count >= STRETCH && filter[hash & FILTER_MASK] === 1) {
          this.#check(hash, slot, onFound);
        }
      }
    }
  }

  #check(hash: number, slot: number, onFound: (place: number) => void): void {
    const places = this.#places.get(hash);
    if (places === undefined) return;
    const others = places.filter((place) => {
      const isFound = this.#isRecent(place, slot);
      if (isFound) onFound(place);
      return !isFound;
    });
    if (others.length === places.length) return;
    if (others.length === 0) this.#places.delete(hash);
    else this.#places.set(hash, others);
  }

  /** Whether the stretch at a place is the last units of the other text, the oldest at `slot`. */
  #isRecent(place: number, slot: number): boolean {
    for (let i = 0; i < STRETCH; i++) {
      if (this.#units[place + i] !== this.#recent[(slot + i) % STRETCH]) return false;
    }
    return true;
  }
}
