import { bindToRequest } from "../../async/bind_to_request.ts";
import type { BatchRun } from "./batch_run.ts";
import type { WireEvent } from "../stream/wire_format.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";

/** An event that can be sent again. */
interface KeptEvent {
  readonly seq: number;
  readonly event: string;
  readonly json: string;
}

/**
 * Streams the results of a batch as numbered events. A client that has lost the connection resumes
 * after the last event that it received, and the batch continues; without a client it makes no
 * calls. Only the latest events are kept, as earlier ones have most likely arrived.
 */
export class BatchStream {
  readonly #kept: KeptEvent[] = [];
  readonly #maxBytes: number;
  readonly #inputBytes: number;
  #keptBytes = 0;
  #seq = 0;
  #sent = 0;
  #isDone = false;
  #generation = 0;
  #stop: (() => Promise<void>) | undefined;
  /** The request of the latest client. */
  #request: Pick<RequestLifecycle, "isOpen"> | undefined;
  #leftAt: number | undefined;

  /** Creates a stream that keeps at most `maxBytes` of events, besides its `inputBytes`. */
  constructor(
    readonly run: BatchRun,
    readonly principal: string,
    { maxBytes, inputBytes }: { readonly maxBytes: number; readonly inputBytes: number },
  ) {
    this.#maxBytes = maxBytes;
    this.#inputBytes = inputBytes;
    this.#keep("batch", JSON.stringify({ id: run.id, total: run.total }));
  }

  /** How much memory it keeps, approximately, in bytes. */
  get bytes(): number {
    return this.#inputBytes + this.#keptBytes;
  }

  /** Returns how long no client has been connected, in milliseconds; `undefined` while one is. */
  idleFor(now: number): number | undefined {
    // The events may never have been read, or their reader has ended with its request.
    if (this.#request?.isOpen === false) this.#leftAt ??= now;
    return this.#leftAt === undefined ? undefined : now - this.#leftAt;
  }

  /** Whether it can resume after this event. */
  canResume(after: number): boolean {
    const oldest = this.#kept[0]?.seq ?? this.#seq + 1;
    return after <= this.#sent && after + 1 >= oldest;
  }

  /**
   * Yields the events after this one: first those that are kept, then new ones. A client that is
   * still connected is disconnected.
   */
  events(lifecycle: RequestLifecycle, after: number): AsyncGenerator<WireEvent> {
    this.#request = lifecycle;
    this.#leftAt = undefined;
    return this.#events(lifecycle, after);
  }

  async *#events(lifecycle: RequestLifecycle, after: number): AsyncGenerator<WireEvent> {
    const generation = ++this.#generation;
    await this.#stop?.();
    this.#sent = after;
    const run = this.#runCalls(lifecycle);
    const stop = async (): Promise<void> => {
      lifecycle.abandon();
      await run.return(undefined);
    };
    this.#stop = bindToRequest(stop);
    try {
      for (;;) {
        while (generation === this.#generation && this.#sent < this.#seq) yield this.#next();
        if (generation !== this.#generation || (await run.next()).done) break;
      }
      while (generation === this.#generation && this.#sent < this.#seq) yield this.#next();
    } finally {
      await stop();
      if (generation === this.#generation) {
        this.#stop = undefined;
        this.#leftAt = performance.now();
      }
    }
  }

  async *#runCalls(lifecycle: RequestLifecycle): AsyncGenerator<void> {
    if (this.#isDone) return;
    const items = this.run.run(lifecycle, ({ json }) => this.#keep("result", json));
    for await (const _ of items) yield;
    this.#isDone = true;
    this.#keep("summary", JSON.stringify(this.run.summary()));
  }

  #next(): WireEvent {
    const seq = ++this.#sent;
    const { event, json } = this.#kept[seq - this.#kept[0]!.seq]!;
    this.#trim();
    // Strings are concatenated so that the JSON of a result is serialized only once.
    const members = json === "{}" ? "}" : `,${json.slice(1)}`;
    return {
      event,
      id: `${this.run.id}.${seq}`,
      data: `{"type":"${event}","seq":${seq}${members}`,
    };
  }

  #keep(event: string, json: string): void {
    this.#kept.push({ seq: ++this.#seq, event, json });
    this.#keptBytes += json.length;
  }

  /**
   * Drops sent events above the limit, oldest first. Unsent ones are few: those of calls in flight.
   */
  #trim(): void {
    while (this.#keptBytes > this.#maxBytes && this.#kept[0]!.seq < this.#sent) {
      this.#keptBytes -= this.#kept.shift()!.json.length;
    }
  }
}
