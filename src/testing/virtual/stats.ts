/** What the virtual provider counts. */

/** A request as the server saw it come. */
export interface VirtualArrival {
  /** When, in milliseconds since the provider was made. */
  readonly at: number;
  /** Was it let through by outages and limits? */
  readonly accepted: boolean;
  /** The tokens that were counted: those of the prompt, and of the answer if it was let through. */
  readonly tokens: number;
}

/** What has happened so far. */
export interface VirtualProviderStats {
  /** Requests that were made. */
  readonly requests: number;
  /** Those that were let through by outages and limits, whatever became of them. */
  readonly accepted: number;
  /** Those that got a 429. */
  readonly refused: number;
  /** Those whose connection broke. */
  readonly broken: number;
  /** Those that were aborted before the end of the answer. */
  readonly aborted: number;
  /** Answers by HTTP status, counted when they begin. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests without a whole answer at this moment, those that wait for a stream among them. */
  readonly inFlight: number;
  /** The most that were in flight at once. */
  readonly peakInFlight: number;
  /** Requests that wait for a stream at this moment. */
  readonly waiting: number;
  /** The most requests that were let through in any 60 seconds. */
  readonly peakPerMinute: number;
  /** The most tokens, of prompts and answers, that were counted in any 60 seconds. */
  readonly peakTokensPerMinute: number;
}

const MINUTE = 60_000;

/** An arrival of which not all is known yet. */
export type MutableArrival = { -readonly [key in keyof VirtualArrival]: VirtualArrival[key] };

/** The most that came within any minute. */
export class MinutePeak {
  /** That most. */
  value = 0;
  #at: number[] = [];
  #amounts: number[] = [];
  #first = 0;
  #sum = 0;

  /** Counts what comes now. Time does not go back. */
  add(amount: number, now: number): void {
    const [at, amounts] = [this.#at, this.#amounts];
    // What came a whole minute ago is not in the same minute.
    while (this.#first < at.length && at[this.#first]! <= now - MINUTE) {
      this.#sum -= amounts[this.#first++]!;
    }
    if (this.#first > 1000 && this.#first * 2 > at.length) {
      at.splice(0, this.#first);
      amounts.splice(0, this.#first);
      this.#first = 0;
    }
    at.push(now);
    amounts.push(amount);
    this.#sum += amount;
    if (this.#sum > this.value) this.value = this.#sum;
  }
}

/** The figures of one provider. */
export class StatsCollector {
  /** The first arrivals. */
  readonly arrivals: MutableArrival[] = [];
  requests = 0;
  accepted = 0;
  refused = 0;
  broken = 0;
  aborted = 0;
  inFlight = 0;
  #peakInFlight = 0;
  readonly #byStatus: Record<number, number> = {};
  readonly #requestsInAMinute = new MinutePeak();
  readonly #tokensInAMinute = new MinutePeak();

  constructor(readonly keep: number) {}

  /** A request was made. */
  begin(): void {
    this.requests++;
    this.inFlight++;
    if (this.inFlight > this.#peakInFlight) this.#peakInFlight = this.inFlight;
  }

  /** A request has arrived at the server, with so many tokens. Gives what is kept of it, if it is. */
  arrive(at: number, accepted: boolean, tokens: number): MutableArrival | undefined {
    if (accepted) {
      this.accepted++;
      this.#requestsInAMinute.add(1, at);
      this.#tokensInAMinute.add(tokens, at);
    }
    if (this.arrivals.length >= this.keep) return undefined;
    const arrival = { at, accepted, tokens };
    this.arrivals.push(arrival);
    return arrival;
  }

  /** It has that many more: those of the answer. */
  spend(tokens: number, at: number, arrival: MutableArrival | undefined): void {
    this.#tokensInAMinute.add(tokens, at);
    if (arrival !== undefined) arrival.tokens += tokens;
  }

  /** An answer has begun. */
  answer(status: number): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1;
    if (status === 429) this.refused++;
  }

  /** A copy of them all. */
  stats(waiting: number): VirtualProviderStats {
    return {
      requests: this.requests,
      accepted: this.accepted,
      refused: this.refused,
      broken: this.broken,
      aborted: this.aborted,
      byStatus: { ...this.#byStatus },
      inFlight: this.inFlight,
      peakInFlight: this.#peakInFlight,
      waiting,
      peakPerMinute: this.#requestsInAMinute.value,
      peakTokensPerMinute: this.#tokensInAMinute.value,
    };
  }
}
