/** How long one slot is, in milliseconds, and how many are kept: five minutes. */
export const SLOT_MS = 5_000;
const SLOTS = 60;

/** What happened in a few seconds. */
export interface Slot {
  /** How many calls ended. */
  ended: number;
  /** The most that were in flight at the same time. */
  inFlight: number;
  /** Tokens, in and out. */
  tokens: number;
  /** US dollars, as far as they are known. */
  cost: number;
}

/** The last minutes in slots. There is no timer: slots in which nothing happened are made when somebody looks. */
export class CallHistory {
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => newSlot(0));
  readonly #now: () => number;
  #at: number;
  #inFlight = 0;

  /** Begins now, with nothing. The clock is in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = Math.floor(now() / SLOT_MS);
  }

  /** A call begins. */
  begin(): void {
    const slot = this.#current();
    slot.inFlight = Math.max(slot.inFlight, ++this.#inFlight);
  }

  /** A call has ended. */
  end({ tokens, cost }: { readonly tokens: number; readonly cost: number }): void {
    const slot = this.#current();
    this.#inFlight--;
    slot.ended++;
    slot.tokens += tokens;
    slot.cost += cost;
  }

  /** The slots, oldest first; the last one is not over yet. */
  get slots(): readonly Readonly<Slot>[] {
    this.#current();
    return this.#slots;
  }

  #current(): Slot {
    const at = Math.floor(this.#now() / SLOT_MS);
    const passed = Math.min(at - this.#at, SLOTS);
    for (let i = 0; i < passed; i++) {
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
