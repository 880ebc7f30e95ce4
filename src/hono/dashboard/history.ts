/** The length of a slot, in milliseconds. */
export const SLOT_MS = 5_000;

/** How many slots are kept: five minutes. */
const SLOTS = 60;

/** The figures of a few seconds. */
export interface Slot {
  /** How many calls ended. */
  ended: number;
  /** The highest number of calls in flight. */
  inFlight: number;
  /** Input and output tokens. */
  tokens: number;
  /** The cost in US dollars, as far as prices are known. */
  cost: number;
}

/** The figures of the last five minutes. There is no timer: empty slots are added on access. */
export class CallHistory {
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => newSlot(0));
  readonly #now: () => number;
  #at: number;
  #inFlight = 0;

  /** Starts an empty history. `now` returns the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = Math.floor(now() / SLOT_MS);
  }

  /** Records that a call has begun. */
  begin(): void {
    const slot = this.#current();
    slot.inFlight = Math.max(slot.inFlight, ++this.#inFlight);
  }

  /** Records that a call has ended. */
  end({ tokens, cost }: { readonly tokens: number; readonly cost: number }): void {
    const slot = this.#current();
    this.#inFlight--;
    slot.ended++;
    slot.tokens += tokens;
    slot.cost += cost;
  }

  /** The slots, oldest first; the last one is the current. */
  get slots(): readonly Readonly<Slot>[] {
    this.#current();
    return this.#slots;
  }

  #current(): Slot {
    const at = Math.floor(this.#now() / SLOT_MS);
    const elapsed = Math.min(at - this.#at, SLOTS);
    for (let i = 0; i < elapsed; i++) {
      this.#slots.shift();
      this.#slots.push(newSlot(this.#inFlight));
    }
    this.#at = Math.max(this.#at, at);
    return this.#slots.at(-1)!;
  }
}

function newSlot(inFlight: number): Slot {
  return { ended: 0, inFlight, tokens: 0, cost: 0 };
}
