import type { ActiveRun, Activity, ActivityEvent } from "../activity.ts";
import { CallHistory } from "./history.ts";
import { RingBuffer } from "./ring_buffer.ts";

const MAX_RUNS = 100;
const MAX_CALLS = 50;
const MAX_DURATIONS = 500;

/** A call that has ended, without its answer. */
export type EndedCall = Extract<ActivityEvent, { type: "call-end" }> & {
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
};

/** The record of a run, which may still be in progress. */
export interface RecordedRun {
  /** The latest state of the run. */
  run: ActiveRun;
  /** When it ended, in milliseconds since 1970; absent while it is in progress. */
  endedAt?: number;
  /** Input and output tokens of its calls. */
  tokens: number;
  /** The cost in US dollars, as far as prices are known. */
  cost: number;
  /** The latest calls that have ended. */
  readonly calls: RingBuffer<EndedCall>;
}

/** Records the last minutes and the latest runs of an activity. Its memory is bounded. */
export class MetricsRecorder {
  readonly history: CallHistory = new CallHistory();
  /** The durations of the latest calls, in milliseconds. */
  readonly durations: RingBuffer<number> = new RingBuffer(2 * MAX_DURATIONS);
  readonly #activity: Activity;
  readonly #byAgent = new Map<string, RingBuffer<number>>();
  readonly #active = new Map<string, RecordedRun>();
  readonly #ended = new Map<string, RecordedRun>();

  /** Starts to record. */
  constructor(activity: Activity) {
    this.#activity = activity;
    for (const name of activity.agents.keys()) {
      this.#byAgent.set(name, new RingBuffer(MAX_DURATIONS));
    }
    activity.subscribe((event) => this.#record(event));
  }

  /** Returns the durations of an agent's latest calls, in milliseconds. */
  durationsOf(agent: string): readonly number[] {
    return this.#byAgent.get(agent)?.items ?? [];
  }

  /** Returns a run that is in progress or among the latest. */
  run(id: string): RecordedRun | undefined {
    const active = this.#active.get(id);
    if (active !== undefined) active.run = this.#activity.run(id) ?? active.run;
    return active ?? this.#ended.get(id);
  }

  /** The latest runs that have ended, newest first. */
  get ended(): readonly RecordedRun[] {
    return [...this.#ended.values()].reverse();
  }

  #record(event: ActivityEvent): void {
    switch (event.type) {
      case "run-start": {
        const { run } = event;
        this.#active.set(run.id, { run, tokens: 0, cost: 0, calls: new RingBuffer(MAX_CALLS) });
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
    // Clients choose the IDs, so one may come again: the newer run replaces the older, as the
    // newest.
    this.#ended.delete(run.id);
    this.#ended.set(run.id, { ...active, run, endedAt: Date.now() });
    if (this.#ended.size > MAX_RUNS) this.#ended.delete(this.#ended.keys().next().value!);
  }
}
