/** A request that arrived at the server. */
export interface VirtualArrival {
  /** The time of arrival, in milliseconds since the provider was created. */
  readonly at: number;
  /** Whether it was accepted: no outage and no limit rejected it. */
  readonly accepted: boolean;
  /** The tokens counted: those of the prompt, and those of the answer if it was accepted. */
  readonly tokens: number;
}

/** Counts since the provider was created. */
export interface VirtualProviderStats {
  /** Requests sent. */
  readonly requests: number;
  /** Requests that no outage and no limit rejected, whatever their outcome. */
  readonly accepted: number;
  /** Requests answered with 429. */
  readonly refused: number;
  /** Requests whose connection broke. */
  readonly broken: number;
  /** Requests that were aborted before the end of the answer. */
  readonly aborted: number;
  /** Answers by HTTP status, counted when they start. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests in flight now, including those that wait for a stream. */
  readonly inFlight: number;
  /** The maximum number of requests in flight at once. */
  readonly peakInFlight: number;
  /** Requests that wait for a stream now. */
  readonly waiting: number;
  /** The maximum number of requests accepted in any 60 seconds. */
  readonly peakPerMinute: number;
  /** The maximum number of input and output tokens counted in any 60 seconds. */
  readonly peakTokensPerMinute: number;
}

const MINUTE = 60_000;

/** An arrival whose tokens are not all known yet. */
export type MutableArrival = { -readonly [key in keyof VirtualArrival]: VirtualArrival[key] };

/** Tracks the maximum sum within any minute. */
export class MinutePeak {
  /** The maximum. */
  value = 0;
  #at: number[] = [];
  #amounts: number[] = [];
  #first = 0;
  #sum = 0;

  /** Adds an amount at this time, which must not be before the last one. */
  add(amount: number, now: number): void {
    const [at, amounts] = [this.#at, this.#amounts];
    // An amount from exactly a minute ago is no longer in the same minute.
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

/** Collects the counts of a virtual provider. */
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

  /** Counts a request that is sent. */
  begin(): void {
    this.requests++;
    this.inFlight++;
    if (this.inFlight > this.#peakInFlight) this.#peakInFlight = this.inFlight;
  }

  /** Counts a request that arrives at the server. Returns its record, if it is kept. */
  arrive(arrival: MutableArrival): MutableArrival | undefined {
    const { at, accepted, tokens } = arrival;
    if (accepted) {
      this.accepted++;
      this.#requestsInAMinute.add(1, at);
      this.#tokensInAMinute.add(tokens, at);
    }
    if (this.arrivals.length >= this.keep) return undefined;
    this.arrivals.push(arrival);
    return arrival;
  }

  /** Adds the tokens of the answer to a request. */
  spend(tokens: number, at: number, arrival: MutableArrival | undefined): void {
    this.#tokensInAMinute.add(tokens, at);
    if (arrival !== undefined) arrival.tokens += tokens;
  }

  /** Counts an answer that starts. */
  answer(status: number): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1;
    if (status === 429) this.refused++;
  }

  /** Returns a copy of all counts. */
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
