/** What happens, in numbers and events: `/metrics` reads it, and whatever else wants to show it can follow it. */
import type { AgentError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { Histogram } from "./histogram.ts";

/** How a request asks: for one call, its events, many calls, or by the OpenAI face. */
export type RunKind = "call" | "stream" | "batch" | "chat";

/** A request for calls that is in progress. */
export interface ActiveRun {
  /** The id of the request. */
  readonly id: string;
  /** How it asks. */
  readonly kind: RunKind;
  /** Who is called; absent for a batch. */
  readonly agent?: string;
  /** Who asks. */
  readonly principal: string;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How many calls it is to make. */
  readonly total: number;
  /** How many have ended. */
  readonly done: number;
  /** How many of these failed. */
  readonly failed: number;
}

/** What one agent has done. */
export interface AgentCounts {
  /** How many calls have begun. */
  readonly calls: number;
  /** How many are in progress. */
  readonly inFlight: number;
  /** How many failed, by the code of the error. */
  readonly failures: ReadonlyMap<string, number>;
  /** Tokens in. */
  readonly inputTokens: number;
  /** Tokens out. */
  readonly outputTokens: number;
  /** US dollars, as far as they are known. */
  readonly cost: number;
  /** How long calls took, in seconds. */
  readonly seconds: Histogram;
}

/** A call that failed: nothing of what it was asked or of what the error says. */
export interface RecentFailure {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Who was called. */
  readonly agent: string;
  /** The kind of the error. */
  readonly code: string;
  /** The model that was asked last. */
  readonly model?: string;
  /** The id of the request. */
  readonly run: string;
}

/** Something that happened. */
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
    /** Tokens, in and out. */
    readonly tokens: number;
    /** US dollars, as far as they are known. */
    readonly cost: number;
  };

const KEPT_FAILURES = 50;
const SECONDS = 60;

interface Counts {
  calls: number;
  inFlight: number;
  readonly failures: Map<string, number>;
  inputTokens: number;
  outputTokens: number;
  cost: number;
  readonly seconds: Histogram;
}

/** Counts runs and calls, and tells who listens. What it remembers does not grow with what happens. */
export class Activity {
  readonly #agents = new Map<string, Counts>();
  readonly #runs = new Map<string, { -readonly [K in keyof ActiveRun]: ActiveRun[K] }>();
  readonly #failures: RecentFailure[] = [];
  readonly #listeners = new Set<(event: ActivityEvent) => void>();
  /** How many calls ended in each of the last seconds. */
  readonly #ended = new Uint32Array(SECONDS);
  #second = 0;

  /** Knows all agents from the beginning, so that they are shown before they are called. */
  constructor(agents: Iterable<string>) {
    for (const agent of agents) {
      this.#agents.set(agent, {
        calls: 0,
        inFlight: 0,
        failures: new Map(),
        inputTokens: 0,
        outputTokens: 0,
        cost: 0,
        seconds: new Histogram(),
      });
    }
  }

  /** Each agent's counts, by its name. */
  get agents(): ReadonlyMap<string, AgentCounts> {
    return this.#agents;
  }

  /** The requests in progress, oldest first. */
  get runs(): readonly ActiveRun[] {
    return [...this.#runs.values()].map((run) => ({ ...run }));
  }

  /** One request in progress, by its id. */
  run(id: string): ActiveRun | undefined {
    const run = this.#runs.get(id);
    return run && { ...run };
  }

  /** The latest failures, newest first. */
  get failures(): readonly RecentFailure[] {
    return this.#failures.toReversed();
  }

  /** How many calls ended in each second, over the last minute. */
  get callsPerSecond(): number {
    this.#turn(performance.now());
    return this.#ended.reduce((sum, n) => sum + n, 0) / SECONDS;
  }

  /** Tells of everything that happens from now on. What the listener throws is lost. Gives the function that ends it. */
  subscribe(listener: (event: ActivityEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A request for calls begins. */
  beginRun(run: Pick<ActiveRun, "id" | "kind" | "agent" | "principal" | "total">): void {
    const active = { ...run, startedAt: Date.now(), done: 0, failed: 0 };
    this.#runs.set(run.id, active);
    this.#tell(() => ({ type: "run-start", run: { ...active } }));
  }

  /** It has ended, one way or another. */
  endRun(id: string): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    this.#runs.delete(id);
    this.#tell(() => ({ type: "run-end", run }));
  }

  /** A call begins; the function that is given back ends it, once. */
  beginCall(agent: string, run: string): (ended: Result | AgentError | undefined) => void {
    const counts = this.#agents.get(agent)!;
    const began = performance.now();
    counts.calls++;
    counts.inFlight++;
    this.#tell(() => ({ type: "call-start", agent, run }));
    let open = true;
    return (ended) => {
      if (!open) return;
      open = false;
      counts.inFlight--;
      this.#count(counts, { agent, run, ended, durationMs: performance.now() - began });
    };
  }

  #count(
    counts: Counts,
    { agent, run, ended, durationMs }: {
      agent: string;
      run: string;
      ended: Result | AgentError | undefined;
      durationMs: number;
    },
  ): void {
    const error = ended instanceof Error ? ended : ended?.error;
    const ok = ended !== undefined && error === undefined;
    const code = ok ? undefined : error?.code ?? "internal";
    if (code !== undefined) {
      counts.failures.set(code, (counts.failures.get(code) ?? 0) + 1);
      this.#failures.push({ at: Date.now(), agent, code, model: error?.model, run });
      if (this.#failures.length > KEPT_FAILURES) this.#failures.shift();
    }
    const { inputTokens = 0, outputTokens = 0 } = ended?.usage ?? {};
    const cost = ended !== undefined && "cost" in ended ? ended.cost?.total ?? 0 : 0;
    counts.inputTokens += inputTokens;
    counts.outputTokens += outputTokens;
    counts.cost += cost;
    counts.seconds.add(durationMs / 1000);
    this.#turn(performance.now());
    this.#ended[this.#second % SECONDS]!++;
    const tokens = inputTokens + outputTokens;
    this.#tell(() => ({ type: "call-end", agent, run, ok, code, durationMs, tokens, cost }));
    const active = this.#runs.get(run);
    if (active === undefined) return;
    active.done++;
    if (!ok) active.failed++;
    if (active.kind === "batch") this.#tell(() => ({ type: "run-progress", run: { ...active } }));
  }

  #turn(now: number): void {
    const second = Math.floor(now / 1000);
    if (second - this.#second >= SECONDS) this.#ended.fill(0);
    else for (let s = this.#second + 1; s <= second; s++) this.#ended[s % SECONDS] = 0;
    this.#second = Math.max(this.#second, second);
  }

  /** Makes the event only if somebody listens. */
  #tell(event: () => ActivityEvent): void {
    if (this.#listeners.size === 0) return;
    const happened = event();
    for (const listener of this.#listeners) {
      try {
        listener(happened);
      } catch {
        // Who watches must not break what is watched.
      }
    }
  }
}
