/** Counts and events of all requests for calls: the source of `/metrics` and of the dashboard. */
import { Heartbeat } from "../async/heartbeat.ts";
import type { AgentError, Result } from "../model/result.ts";
import { NO_USAGE } from "../model/usage.ts";
import { type AgentCounts, CallCounts, knownCost } from "./call_counts.ts";

/**
 * The kind of a run: one call, a streamed call, a batch, a chat completion, or a response of
 * OpenAI's Responses API.
 */
export type RunKind = "call" | "stream" | "batch" | "chat" | "response";

/** A run in progress: one HTTP request that makes calls. */
export interface ActiveRun {
  /** The ID of the run, which no client can choose. */
  readonly id: string;
  /** The ID of the request that the client has sent; absent if it has sent none. */
  readonly requestId?: string;
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
  /** The ID of the run. */
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

/** Above this number of callers, those without calls in flight are forgotten, oldest first. */
const MAX_CALLERS = 1_000;

/** The figures that `/metrics` shows: of all callers, or of one. */
export interface Figures {
  /** The counts of each agent, by name. */
  readonly agents: ReadonlyMap<string, AgentCounts>;
  /** The runs in progress, oldest first. */
  readonly runs: readonly ActiveRun[];
  /** How many calls ended per second, on average over the last minute. */
  readonly callsPerSecond: number;
}

/** Counts runs and calls and notifies subscribers. Its memory is bounded. */
export class Activity implements Figures {
  readonly #names: readonly string[];
  readonly #total: CallCounts;
  /** The counts of each caller, by ID; those that began a run last are at the end. */
  readonly #callers = new Map<string, CallCounts>();
  readonly #runs = new Map<string, { -readonly [K in keyof ActiveRun]: ActiveRun[K] }>();
  readonly #failures: RecentFailure[] = [];
  readonly #listeners = new Set<(event: ActivityEvent) => void>();

  /** Creates zero counts for all agents, so that they are listed before their first call. */
  constructor(agents: Iterable<string>) {
    this.#names = [...agents];
    this.#total = new CallCounts(this.#names);
  }

  /** The counts of each agent, by name. */
  get agents(): ReadonlyMap<string, AgentCounts> {
    return this.#total.agents;
  }

  /** Returns the figures of one caller. */
  figuresOf(principal: string): Figures {
    const { agents, callsPerSecond } = this.#callers.get(principal) ?? new CallCounts(this.#names);
    return { agents, callsPerSecond, runs: this.runs.filter((run) => run.principal === principal) };
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
    return this.#total.callsPerSecond;
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
  beginRun(run: Omit<ActiveRun, "startedAt" | "done" | "failed">): void {
    const active = { ...run, startedAt: Date.now(), done: 0, failed: 0 };
    this.#runs.set(run.id, active);
    this.#keepCaller(run.principal);
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
    const principal = this.#runs.get(run)?.principal;
    const counted = [this.#total];
    const own = principal === undefined ? undefined : this.#callers.get(principal);
    if (own !== undefined) counted.push(own);
    const began = performance.now();
    for (const counts of counted) counts.begin(agent);
    this.#emit(() => ({ type: "call-start", agent, run }));
    let open = true;
    const end = (outcome: Result | AgentError | undefined): void => {
      if (!open) return;
      open = false;
      heartbeat?.[Symbol.dispose]();
      this.#count(counted, { agent, run, outcome, durationMs: performance.now() - began });
    };
    const heartbeat = Heartbeat.start(() => end(undefined));
    return end;
  }

  #count(
    counted: readonly CallCounts[],
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
      this.#failures.push({ at: Date.now(), agent, code, model: error?.model, run });
      if (this.#failures.length > MAX_FAILURES) this.#failures.shift();
    }
    for (const counts of counted) counts.end({ agent, outcome, code, durationMs });
    const { inputTokens, outputTokens } = outcome?.usage ?? NO_USAGE;
    const { total: cost } = knownCost(outcome);
    const tokens = inputTokens + outputTokens;
    this.#emit(() => ({ type: "call-end", agent, run, ok, code, durationMs, tokens, cost }));
    const active = this.#runs.get(run);
    if (active === undefined) return;
    active.done++;
    if (!ok) active.failed++;
    if (active.kind === "batch") this.#emit(() => ({ type: "run-progress", run: { ...active } }));
  }

  /** Moves the counts of a caller to the end, and forgets the oldest above the limit. */
  #keepCaller(principal: string): void {
    const counts = this.#callers.get(principal) ?? new CallCounts(this.#names);
    this.#callers.delete(principal);
    this.#callers.set(principal, counts);
    if (this.#callers.size <= MAX_CALLERS) return;
    for (const [id, { isActive }] of this.#callers) {
      if (isActive || id === principal) continue;
      this.#callers.delete(id);
      return;
    }
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
