/** Counts and events of all requests for calls: the source of `/metrics` and of the dashboard. */
import { Heartbeat } from "../async/heartbeat.ts";
import type { AgentError, Result } from "../model/result.ts";
import { NO_COST, NO_USAGE } from "../model/usage.ts";
import { Histogram } from "./histogram.ts";

/**
 * The kind of a run: one call, a streamed call, a batch, a chat completion, or a response of
 * OpenAI's Responses API.
 */
export type RunKind = "call" | "stream" | "batch" | "chat" | "response";

/** A run in progress: one HTTP request that makes calls. */
export interface ActiveRun {
  /** The ID of the request. */
  readonly id: string;
  /** The kind of the run. */
  readonly kind: RunKind;
  /** The name of the agent; absent for a batch. */
  readonly agent?: string;
  /** The ID of the caller. */
  readonly principal: string;
  /** When the run began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How many calls the run makes. */
  readonly total: number;
  /** How many of these calls have ended. */
  readonly done: number;
  /** How many of these calls have failed. */
  readonly failed: number;
}

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

/** A failed call, without its parameters and without the error's message. */
export interface RecentFailure {
  /** When the call failed, in milliseconds since 1970. */
  readonly at: number;
  /** The name of the agent. */
  readonly agent: string;
  /** The error code. */
  readonly code: string;
  /** The model of the last attempt. */
  readonly model?: string;
  /** The ID of the request. */
  readonly run: string;
}

/** An event of {@linkcode Activity.subscribe}. */
export type ActivityEvent =
  | { readonly type: "run-start" | "run-progress" | "run-end"; readonly run: ActiveRun }
  | { readonly type: "call-start"; readonly agent: string; readonly run: string }
  | {
    readonly type: "call-end";
    readonly agent: string;
    readonly run: string;
    readonly ok: boolean;
    readonly code?: string;
    readonly durationMs: number;
    /** Input and output tokens. */
    readonly tokens: number;
    /** The cost in US dollars, as far as prices are known. */
    readonly cost: number;
  };

const MAX_FAILURES = 50;
const SECONDS = 60;

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

/** Counts runs and calls and notifies subscribers. Its memory is bounded. */
export class Activity {
  readonly #agents = new Map<string, Counts>();
  readonly #runs = new Map<string, { -readonly [K in keyof ActiveRun]: ActiveRun[K] }>();
  readonly #failures: RecentFailure[] = [];
  readonly #listeners = new Set<(event: ActivityEvent) => void>();
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

  /** The runs in progress, oldest first. */
  get runs(): readonly ActiveRun[] {
    return [...this.#runs.values()].map((run) => ({ ...run }));
  }

  /** Returns a run in progress by its ID. */
  run(id: string): ActiveRun | undefined {
    const run = this.#runs.get(id);
    return run && { ...run };
  }

  /** The latest failures, newest first. */
  get failures(): readonly RecentFailure[] {
    return this.#failures.toReversed();
  }

  /** How many calls ended per second, on average over the last minute. */
  get callsPerSecond(): number {
    this.#advance(performance.now());
    return this.#endedBySecond.reduce((sum, n) => sum + n, 0) / SECONDS;
  }

  /**
   * Calls the listener for each later event; an error that it throws is ignored.
   *
   * @returns A function that removes the listener.
   */
  subscribe(listener: (event: ActivityEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Records that a run has begun. */
  beginRun(run: Pick<ActiveRun, "id" | "kind" | "agent" | "principal" | "total">): void {
    const active = { ...run, startedAt: Date.now(), done: 0, failed: 0 };
    this.#runs.set(run.id, active);
    this.#emit(() => ({ type: "run-start", run: { ...active } }));
  }

  /** Records that a run has ended. */
  endRun(id: string): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    this.#runs.delete(id);
    this.#emit(() => ({ type: "run-end", run }));
  }

  /**
   * Records that a call has begun.
   *
   * @returns A function that records the outcome of the call; only its first call counts.
   */
  beginCall(agent: string, run: string): (outcome: Result | AgentError | undefined) => void {
    const counts = this.#agents.get(agent)!;
    const began = performance.now();
    counts.calls++;
    counts.inFlight++;
    this.#emit(() => ({ type: "call-start", agent, run }));
    let open = true;
    const end = (outcome: Result | AgentError | undefined): void => {
      if (!open) return;
      open = false;
      heartbeat?.[Symbol.dispose]();
      counts.inFlight--;
      this.#count(counts, { agent, run, outcome, durationMs: performance.now() - began });
    };
    const heartbeat = Heartbeat.start(() => end(undefined));
    return end;
  }

  #count(
    counts: Counts,
    { agent, run, outcome, durationMs }: {
      agent: string;
      run: string;
      outcome: Result | AgentError | undefined;
      durationMs: number;
    },
  ): void {
    const error = outcome instanceof Error ? outcome : outcome?.error;
    const ok = outcome !== undefined && error === undefined;
    const code = ok ? undefined : error?.code ?? "internal";
    if (code !== undefined) {
      counts.failures.set(code, (counts.failures.get(code) ?? 0) + 1);
      this.#failures.push({ at: Date.now(), agent, code, model: error?.model, run });
      if (this.#failures.length > MAX_FAILURES) this.#failures.shift();
    }
    const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = outcome?.usage ??
      NO_USAGE;
    const { total: cost, source } =
      (outcome !== undefined && "cost" in outcome ? outcome.cost : undefined) ?? NO_COST;
    counts.inputTokens += inputTokens;
    counts.cachedInputTokens += cachedInputTokens;
    counts.cacheWriteTokens += cacheWriteTokens;
    counts.outputTokens += outputTokens;
    counts.cost += cost;
    if (source === "server") counts.reportedCost += cost;
    counts.seconds.add(durationMs / 1000);
    this.#advance(performance.now());
    this.#endedBySecond[this.#second % SECONDS]!++;
    const tokens = inputTokens + outputTokens;
    this.#emit(() => ({ type: "call-end", agent, run, ok, code, durationMs, tokens, cost }));
    const active = this.#runs.get(run);
    if (active === undefined) return;
    active.done++;
    if (!ok) active.failed++;
    if (active.kind === "batch") this.#emit(() => ({ type: "run-progress", run: { ...active } }));
  }

  /** Clears the slots of the seconds that have passed since the last event. */
  #advance(now: number): void {
    const second = Math.floor(now / 1000);
    if (second - this.#second >= SECONDS) this.#endedBySecond.fill(0);
    else for (let s = this.#second + 1; s <= second; s++) this.#endedBySecond[s % SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }

  /** Notifies the listeners; the event is only created if there are any. */
  #emit(createEvent: () => ActivityEvent): void {
    if (this.#listeners.size === 0) return;
    const event = createEvent();
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // A faulty listener must not break the calls.
      }
    }
  }
}
