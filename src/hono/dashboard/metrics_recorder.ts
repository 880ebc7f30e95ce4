import type { ActiveRun, Activity, ActivityEvent } from "../activity.ts";
import { CallHistory } from "./history.ts";
import { RingBuffer } from "./ring_buffer.ts";

const KEPT_RUNS = 100;
const KEPT_CALLS = 50;
const KEPT_DURATIONS = 500;

/** A call that has ended: how, not with what. */
export type EndedCall = Extract<ActivityEvent, { type: "call-end" }> & {
  /** When, in milliseconds since 1970. */
  readonly at: number;
};

/** What is remembered of a request for calls, in progress or not. */
export interface RecordedRun {
  /** How it stood when it was last heard of. */
  run: ActiveRun;
  /** When it ended, in milliseconds since 1970; absent while it is in progress. */
  endedAt?: number;
  /** Tokens, in and out, of its calls. */
  tokens: number;
  /** US dollars, as far as they are known. */
  cost: number;
  /** Its latest calls that have ended. */
  readonly calls: RingBuffer<EndedCall>;
}

/** Follows the activity and remembers what it does not: the last minutes and the latest runs. What it keeps does not grow. */
export class MetricsRecorder {
  readonly history: CallHistory = new CallHistory();
  /** How long the latest calls took, in milliseconds. */
  readonly durations: RingBuffer<number> = new RingBuffer(2 * KEPT_DURATIONS);
  readonly #activity: Activity;
  readonly #byAgent = new Map<string, RingBuffer<number>>();
  readonly #active = new Map<string, RecordedRun>();
  readonly #ended = new Map<string, RecordedRun>();

  /** Follows from now on. */
  constructor(activity: Activity) {
    this.#activity = activity;
    for (const name of activity.agents.keys()) {
      this.#byAgent.set(name, new RingBuffer(KEPT_DURATIONS));
    }
    activity.subscribe((event) => this.#hear(event));
  }

  /** How long the latest calls of an agent took, in milliseconds. */
  durationsOf(agent: string): readonly number[] {
    return this.#byAgent.get(agent)?.items ?? [];
  }

  /** A run, in progress or among the latest. */
  run(id: string): RecordedRun | undefined {
    const active = this.#active.get(id);
    if (active !== undefined) active.run = this.#activity.run(id) ?? active.run;
    return active ?? this.#ended.get(id);
  }

  /** The latest runs that have ended, newest first. */
  get ended(): readonly RecordedRun[] {
    return [...this.#ended.values()].reverse();
  }

  #hear(event: ActivityEvent): void {
    switch (event.type) {
      case "run-start": {
        const { run } = event;
        this.#active.set(run.id, { run, tokens: 0, cost: 0, calls: new RingBuffer(KEPT_CALLS) });
        break;
      }
      case "run-end":
        this.#end(event.run);
        break;
      case "call-start":
        this.history.begin();
        break;
      case "call-end":
        this.#count(event);
        break;
    }
  }

  #count(event: Extract<ActivityEvent, { type: "call-end" }>): void {
    this.history.end(event);
    this.durations.add(event.durationMs);
    this.#byAgent.get(event.agent)?.add(event.durationMs);
    const active = this.#active.get(event.run);
    if (active === undefined) return;
    active.tokens += event.tokens;
    active.cost += event.cost;
    active.calls.add({ ...event, at: Date.now() });
  }

  #end(run: ActiveRun): void {
    const active = this.#active.get(run.id);
    if (active === undefined) return;
    this.#active.delete(run.id);
    // The id is the client's to choose: of two of one id the later is the one to be found, as the newest.
    this.#ended.delete(run.id);
    this.#ended.set(run.id, { ...active, run, endedAt: Date.now() });
    if (this.#ended.size > KEPT_RUNS) this.#ended.delete(this.#ended.keys().next().value!);
  }
}
