/**
 * Detects requests that have ended without a cleanup. On Cloudflare Workers a request may end at
 * any point, for example when its client disconnects, and none of its code runs any more: no timer
 * and no `finally`. Without a heartbeat, it would hold its permits and budgets forever.
 */
import { IO_PER_REQUEST } from "./io_per_request.ts";
import { LinkedList, type ListItem } from "./linked_list.ts";

/** The time between two beats, in milliseconds. */
const INTERVAL = 1_000;

/**
 * The time without a beat after which a request counts as ended, in milliseconds. Code that runs
 * longer without a pause delays the beats of all requests.
 */
const SILENCE = 10_000;

/** The longest pause between two looks at the heartbeats in which none counts as missed. */
const MAX_PAUSE = 5_000;

/** How long heartbeats are waited for after a longer pause, in milliseconds. */
const PATIENCE = 2 * INTERVAL;

/** The heartbeats, by the time of their last beat. */
const beating = new LinkedList<Heartbeat>();
let lookedAt = -Infinity;
let patientUntil: number | undefined;

/**
 * The heartbeat of one request, for as long as it holds or waits for something. Its timer also
 * shows the runtime that the request waits: a request that only waits for others is cancelled.
 */
export class Heartbeat implements Disposable, ListItem<Heartbeat> {
  previous: Heartbeat | undefined;
  next: Heartbeat | undefined;
  /**
   * Called before `onGone`, with a reason: ends the wait of the request in a queue, or takes back
   * what the queue has granted to it and it has not noticed.
   */
  leaveQueue: ((reason: unknown) => void) | undefined;
  readonly #onGone: () => void;
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #woken!: PromiseWithResolvers<void>;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;
  #isOver = false;

  /**
   * Starts a heartbeat, or returns `undefined` where requests run to their end.
   *
   * @param onGone Called in another request if this one has ended. It must not use timers, signals
   * or streams of this request.
   */
  static start(onGone: () => void): Heartbeat | undefined {
    return IO_PER_REQUEST ? new Heartbeat(onGone) : undefined;
  }

  private constructor(onGone: () => void) {
    this.#onGone = onGone;
    this.#listen();
    this.#beat();
  }

  /** Calls a function in this request after `ms` milliseconds. May be called in any request. */
  wakeAfter(ms: number, ring: () => void): void {
    this.#alarm = { at: performance.now() + ms, ring };
    this.#woken.resolve();
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the heartbeat. May be called in any request. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.leaveQueue = this.#alarm = undefined;
    clearTimeout(this.#timer);
    beating.remove(this);
  }

  /** The reaction to a promise runs in the request that has created the promise. */
  #listen(): void {
    this.#woken = Promise.withResolvers();
    this.#woken.promise.then(() => {
      this.#listen();
      this.#setTimer();
    });
  }

  #beat(): void {
    // The timer of another request cannot be cleared.
    if (this.#isOver) return;
    const now = this.#last = performance.now();
    beating.remove(this);
    beating.push(this);
    endSilentRequests(now);
    if (this.#alarm !== undefined && this.#alarm.at <= now) {
      const { ring } = this.#alarm;
      this.#alarm = undefined;
      ring();
    }
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    const ms = this.#alarm === undefined ? INTERVAL : this.#alarm.at - performance.now();
    this.#timer = setTimeout(() => this.#beat(), Math.min(INTERVAL, Math.max(0, Math.ceil(ms))));
  }

  /** Whether its last beat is too long ago. */
  isSilent(now: number): boolean {
    return now - this.#last > SILENCE;
  }

  /** Releases what the request held, as it has ended. */
  end(): void {
    const { leaveQueue } = this;
    this[Symbol.dispose]();
    leaveQueue?.(new DOMException("The request has ended", "AbortError"));
    this.#onGone();
  }
}

/**
 * Ends the heartbeats of requests that have ended. Each heartbeat does so; in addition, it must be
 * called before a request is refused because of what others hold: they may all have ended.
 */
export function endSilentRequests(now: number): void {
  const pause = now - lookedAt;
  lookedAt = now;
  if (!beating.first?.isSilent(now)) {
    patientUntil = undefined;
    return;
  }
  if (patientUntil === undefined && pause > MAX_PAUSE) {
    // Perhaps no code has run meanwhile, so that the timers of all requests are late.
    patientUntil = now + PATIENCE;
    return;
  }
  if (patientUntil !== undefined && now < patientUntil) return;
  patientUntil = undefined;
  while (beating.first?.isSilent(now)) beating.first.end();
}
