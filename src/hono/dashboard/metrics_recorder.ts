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
  /** The number of runs that began before. */
  readonly order: number;
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
  #begun = 0;

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

  /**
   * Returns a run that is in progress or among the latest: by its ID, or by the ID of the request
   * that the client has sent. If several callers have sent the same one, it is that of the first,
   * and stands for the first caller's latest run.
   */
  run(id: string): RecordedRun | undefined {
    const recorded = this.#active.get(id) ?? this.#ended.get(id) ?? this.#runOfRequest(id);
    if (recorded === undefined || recorded.endedAt !== undefined) return recorded;
    recorded.run = this.#activity.run(recorded.run.id) ?? recorded.run;
    return recorded;
  }

  #runOfRequest(id: string): RecordedRun | undefined {
    const runs = [...this.#ended.values(), ...this.#active.values()]
      .filter(({ run }) => run.requestId === id)
      .toSorted((a, b) => a.order - b.order);
    return runs.findLast(({ run }) => run.principal === runs[0]!.run.principal);
  }

  /** The latest runs that have ended, newest first. */
  get ended(): readonly RecordedRun[] {
    return [...this.#ended.values()].reverse();
  }

  #record(event: ActivityEvent): void {
    switch (event.type) {
      case "run-start": {
        const { run } = event;
        const order = this.#begun++;
        const calls = new RingBuffer<EndedCall>(MAX_CALLS);
        this.#active.set(run.id, { run, order, tokens: 0, cost: 0, calls });
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
    this.#ended.set(run.id, { ...active, run, endedAt: Date.now() });
    if (this.#ended.size > MAX_RUNS) this.#ended.delete(this.#ended.keys().next().value!);
  }
}
