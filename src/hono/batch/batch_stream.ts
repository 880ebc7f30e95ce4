import { bindToRequest } from "../../async/bind_to_request.ts";
import { IO_PER_REQUEST } from "../../async/io_per_request.ts";
import type { BatchRun, ParseBody } from "./batch_run.ts";
import type { WireEvent } from "../stream/wire_format.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";

/** An event that can be sent again. */
interface KeptEvent {
  readonly seq: number;
  readonly event: string;
  readonly json: string;
  /** How much memory it takes, in bytes. */
  readonly weight: number;
}

/** What is notified of changes of a stream that it keeps. */
export interface StreamKeeper {
  /** The stream takes that much more memory, in bytes; less if it is negative. */
  resized(stream: BatchStream, delta: number): void;
  /** The client of the stream has left. */
  left(stream: BatchStream): void;
  /** A client has come back. */
  returned(stream: BatchStream): void;
}

/** Options of a {@linkcode BatchStream}. */
export interface BatchStreamOptions {
  /** The most memory that events which were sent may take, in bytes. */
  readonly maxBytes: number;
  /** The body of the request. */
  readonly body: Uint8Array;
  /** Parses the body again. */
  readonly parse: ParseBody;
}

/** The memory of a stream without its events and its body, in bytes. */
const STREAM_WEIGHT = 3_000;
/** The memory of an event without its text, in bytes. */
const EVENT_WEIGHT = 150;

/**
 * Streams the results of a batch as numbered events. A client that has lost the connection resumes
 * after the last event that it received, and the batch continues; without a client it makes no
 * calls. Only the latest events are kept, as earlier ones have most likely arrived.
 */
export class BatchStream {
  readonly #kept: KeptEvent[] = [];
  readonly #parse: ParseBody;
  #maxBytes: number;
  #body: Uint8Array | undefined;
  #keeper: StreamKeeper | undefined;
  #keptBytes = 0;
  /** The memory of the rest. */
  #ownBytes: number;
  #seq = 0;
  #sent = 0;
  #isDone = false;
  #generation = 0;
  #stop: (() => Promise<void>) | undefined;
  /** The request of the latest client. */
  #request: RequestLifecycle | undefined;

  /** Creates a stream whose batch has not started. */
  constructor(
    readonly run: BatchRun,
    readonly principal: string,
    { maxBytes, body, parse }: BatchStreamOptions,
  ) {
    this.#maxBytes = maxBytes;
    this.#parse = parse;
    // It may be a part of a larger buffer, which must not be kept.
    this.#body = body.byteLength === body.buffer.byteLength ? body : body.slice();
    this.#ownBytes = STREAM_WEIGHT + this.#body.byteLength + run.total;
    this.#keep("batch", JSON.stringify({ id: run.id, total: run.total }));
  }

  /** How much memory it takes, in bytes. */
  get bytes(): number {
    return this.#ownBytes + this.#keptBytes;
  }

  /** Notifies the keeper of each change from now on. */
  keepBy(keeper: StreamKeeper): void {
    this.#keeper = keeper;
  }

  /**
   * Keeps nothing to resume it from now on. If it is running, it continues: its client gets all
   * events.
   */
  forget(): void {
    this.#keeper = undefined;
    this.#body = undefined;
    this.#maxBytes = 0;
    this.#trim(0);
  }

  /** Drops events that were sent, oldest first, until this many bytes are free. */
  trimBy(bytes: number): void {
    this.#trim(this.#keptBytes - bytes);
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
    this.#keeper?.returned(this);
    // The events may never be read, or their reader may end with its request. An earlier client may
    // leave after the latest one.
    lifecycle.onEnd(() => {
      if (!this.#request?.isOpen) this.#leave();
    });
    return this.#events(lifecycle, after);
  }

  async *#events(lifecycle: RequestLifecycle, after: number): AsyncGenerator<WireEvent> {
    const generation = ++this.#generation;
    await this.#stop?.();
    this.#sent = after;
    this.#unpack();
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
        if (!lifecycle.isOpen) this.#leave();
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

  /** Keeps only what is needed to resume it, as no client is connected. */
  #leave(): void {
    this.#request = undefined;
    if (this.#keeper === undefined) return;
    this.#keeper.left(this);
    // Where requests own their calls, these have ended with the request.
    if (this.run.isRunning && !IO_PER_REQUEST) return;
    if (this.#isDone) this.#body = undefined;
    this.#resizeOwn(STREAM_WEIGHT + this.run.total + this.run.pack(this.#body));
  }

  #unpack(): void {
    this.run.unpack(this.#parse);
    this.#resizeOwn(STREAM_WEIGHT + this.run.total + (this.#body?.byteLength ?? 0));
  }

  #resizeOwn(bytes: number): void {
    const delta = bytes - this.#ownBytes;
    this.#ownBytes = bytes;
    this.#keeper?.resized(this, delta);
  }

  #next(): WireEvent {
    const seq = ++this.#sent;
    const { event, json } = this.#kept[seq - this.#kept[0]!.seq]!;
    this.#trim(this.#maxBytes);
    // Strings are concatenated so that the JSON of a result is serialized only once.
    const members = json === "{}" ? "}" : `,${json.slice(1)}`;
    return {
      event,
      id: `${this.run.id}.${seq}`,
      data: `{"type":"${event}","seq":${seq}${members}`,
    };
  }

  #keep(event: string, json: string): void {
    const weight = EVENT_WEIGHT + memoryOf(json);
    this.#kept.push({ seq: ++this.#seq, event, json, weight });
    this.#keptBytes += weight;
    this.#keeper?.resized(this, weight);
  }

  /**
   * Drops sent events above the limit, oldest first. Unsent ones are few: those of calls in flight.
   */
  #trim(max: number): void {
    const before = this.#keptBytes;
    let dropped = 0;
    while (this.#keptBytes > max && this.#kept[dropped]!.seq < this.#sent) {
      this.#keptBytes -= this.#kept[dropped++]!.weight;
    }
    if (dropped === 0) return;
    this.#kept.splice(0, dropped);
    this.#keeper?.resized(this, this.#keptBytes - before);
  }
}

/** Returns the memory of a text: a character outside of Latin-1 doubles that of all others. */
function memoryOf(text: string): number {
  // deno-lint-ignore no-control-regex -- all of Latin-1
  return /[^\x00-\xff]/.test(text) ? 2 * text.length : text.length;
}
