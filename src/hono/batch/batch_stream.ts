import type { BatchRun } from "./batch_run.ts";
import type { WireEvent } from "../event_stream.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";

/** An event that can be sent again. */
interface Kept {
  readonly seq: number;
  readonly event: string;
  readonly json: string;
}

/**
 * A batch whose results are sent as they come, with numbers: a client that was lost says which was the last it has, gets those after it,
 * and the work goes on. Without a client nothing goes on. Only the latest events are kept, as what is sent is most likely received.
 */
export class BatchStream {
  /** When the last client went, in milliseconds of `performance.now()`; absent while there is one. */
  leftAt: number | undefined;
  readonly #kept: Kept[] = [];
  readonly #mostBytes: number;
  readonly #inputBytes: number;
  #keptBytes = 0;
  #seq = 0;
  #sent = 0;
  #isOver = false;
  #turn = 0;
  #stop: (() => Promise<void>) | undefined;

  /** A stream of which nothing was sent. It keeps at most so many bytes of events beside what it was asked. */
  constructor(
    readonly run: BatchRun,
    readonly principal: string,
    { mostBytes, inputBytes }: { readonly mostBytes: number; readonly inputBytes: number },
  ) {
    this.#mostBytes = mostBytes;
    this.#inputBytes = inputBytes;
    this.#keep("batch", JSON.stringify({ id: run.id, total: run.total }));
  }

  /** What it keeps, in bytes, about. */
  get bytes(): number {
    return this.#inputBytes + this.#keptBytes;
  }

  /** Can it go on behind this event? */
  canResume(after: number): boolean {
    const oldest = this.#kept[0]?.seq ?? this.#seq + 1;
    return after <= this.#sent && after + 1 >= oldest;
  }

  /** The events after this one: those that are kept, and then what comes. Who reads it already is cut off. */
  async *events(lifecycle: RequestLifecycle, after: number): AsyncGenerator<WireEvent> {
    const turn = ++this.#turn;
    await this.#stop?.();
    this.leftAt = undefined;
    this.#sent = after;
    const work = this.#work(lifecycle);
    const stop = async (): Promise<void> => {
      lifecycle.abandon();
      await work.return(undefined);
    };
    this.#stop = stop;
    try {
      for (;;) {
        while (turn === this.#turn && this.#sent < this.#seq) yield this.#next();
        if (turn !== this.#turn || (await work.next()).done) break;
      }
      while (turn === this.#turn && this.#sent < this.#seq) yield this.#next();
    } finally {
      await stop();
      if (turn === this.#turn) {
        this.#stop = undefined;
        this.leftAt = performance.now();
      }
    }
  }

  async *#work(lifecycle: RequestLifecycle): AsyncGenerator<void> {
    if (this.#isOver) return;
    // "{" and what is in the object are put together as texts: nothing is written as JSON twice.
    const items = this.run.run(lifecycle, ({ json }) => this.#keep("result", json));
    for await (const _ of items) yield;
    this.#isOver = true;
    this.#keep("summary", JSON.stringify(this.run.summary()));
  }

  #next(): WireEvent {
    const seq = ++this.#sent;
    const { event, json } = this.#kept[seq - this.#kept[0]!.seq]!;
    this.#forget();
    // The members of the object behind those that every event has.
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

  /** What was sent makes place, oldest first. What was not stays: it is no more than what is in progress. */
  #forget(): void {
    while (this.#keptBytes > this.#mostBytes && this.#kept[0]!.seq < this.#sent) {
      this.#keptBytes -= this.#kept.shift()!.json.length;
    }
  }
}
