import type { AgentError, Result } from "../model/result.ts";
import { type Cost, NO_COST, NO_USAGE } from "../model/usage.ts";
import { Histogram } from "./histogram.ts";

/** The counts of one agent. */
export interface AgentCounts {
  /** How many calls have begun. */
  readonly calls: number;
  /** How many calls are in flight. */
  readonly inFlight: number;
  /** How many calls have failed, by error code. */
  readonly failures: ReadonlyMap<string, number>;
  /** Input tokens. */
  readonly inputTokens: number;
  /** The part of the input tokens that was read from the providers' caches. */
  readonly cachedInputTokens: number;
  /** The part of the input tokens that was written to the providers' caches. */
  readonly cacheWriteTokens: number;
  /** Output tokens. */
  readonly outputTokens: number;
  /** The cost in US dollars, as far as prices are known. */
  readonly cost: number;
  /** The part of the cost that the servers reported themselves. */
  readonly reportedCost: number;
  /** The durations of the calls, in seconds. */
  readonly seconds: Histogram;
}

interface Counts {
  calls: number;
  inFlight: number;
  readonly failures: Map<string, number>;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  cost: number;
  reportedCost: number;
  readonly seconds: Histogram;
}

/** A call that has ended, as it is counted. */
export interface CountedCall {
  /** The name of the agent. */
  readonly agent: string;
  /** The outcome; `undefined` if the call ended without one. */
  readonly outcome: Result | AgentError | undefined;
  /** The error code; absent if it succeeded. */
  readonly code?: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

const SECONDS = 60;

/** Counts calls by agent. */
export class CallCounts {
  readonly #agents = new Map<string, Counts>();
  /** How many calls ended in each of the last 60 seconds, as a ring. */
  readonly #endedBySecond = new Uint32Array(SECONDS);
  #second = 0;

  /** Creates zero counts for all agents, so that they are listed before their first call. */
  constructor(agents: Iterable<string>) {
    for (const agent of agents) {
      this.#agents.set(agent, {
        calls: 0,
        inFlight: 0,
        failures: new Map(),
        inputTokens: 0,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 0,
        cost: 0,
        reportedCost: 0,
        seconds: new Histogram(),
      });
    }
  }

  /** The counts of each agent, by name. */
  get agents(): ReadonlyMap<string, AgentCounts> {
    return this.#agents;
  }

  /** How many calls ended per second, on average over the last minute. */
  get callsPerSecond(): number {
    this.#advance(performance.now());
    return this.#endedBySecond.reduce((sum, n) => sum + n, 0) / SECONDS;
  }

  /** Whether a call is in flight. */
  get isActive(): boolean {
    return [...this.#agents.values()].some(({ inFlight }) => inFlight > 0);
  }

  /** Counts a call that has begun. */
  begin(agent: string): void {
    const counts = this.#agents.get(agent)!;
    counts.calls++;
    counts.inFlight++;
  }

  /** Counts a call that has ended. */
  end({ agent, outcome, code, durationMs }: CountedCall): void {
    const counts = this.#agents.get(agent)!;
    counts.inFlight--;
    if (code !== undefined) counts.failures.set(code, (counts.failures.get(code) ?? 0) + 1);
    const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = outcome?.usage ??
      NO_USAGE;
    const { total: cost, source } = knownCost(outcome);
    counts.inputTokens += inputTokens;
    counts.cachedInputTokens += cachedInputTokens;
    counts.cacheWriteTokens += cacheWriteTokens;
    counts.outputTokens += outputTokens;
    counts.cost += cost;
    if (source === "server") counts.reportedCost += cost;
    counts.seconds.add(durationMs / 1000);
    this.#advance(performance.now());
    this.#endedBySecond[this.#second % SECONDS]!++;
  }

  /** Clears the slots of the seconds that have passed since the last event. */
  #advance(now: number): void {
    const second = Math.floor(now / 1000);
    if (second - this.#second >= SECONDS) this.#endedBySecond.fill(0);
    else for (let s = this.#second + 1; s <= second; s++) this.#endedBySecond[s % SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }
}

/** Returns the cost of a call, as far as it is known. */
export function knownCost(outcome: Result | AgentError | undefined): Cost {
  return (outcome !== undefined && "cost" in outcome ? outcome.cost : undefined) ?? NO_COST;
}
