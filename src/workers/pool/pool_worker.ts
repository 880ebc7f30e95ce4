/** One worker of a pool: what it was given to do, and what it says. */
import { defaultStore } from "../../cache/memory_cache.ts";
import { Admissions } from "./admissions.ts";
import type { Call } from "./pool_call.ts";
import { decodeError, encodeError } from "../error_codec.ts";
import type { Answered, Found, FromWorker, Order, Question } from "../messages.ts";
import type { Providers } from "./worker_providers.ts";
import { canBeCloned } from "../result_codec.ts";
import { currentSettings, type Handover } from "./current_settings.ts";
import { startThread, type Thread, type ThreadOptions } from "./worker_thread.ts";

/** What an {@linkcode Isolate} needs. */
export interface IsolateOptions extends Pick<ThreadOptions, "memory" | "permissions"> {
  /** The URL of the module that exports the agents. */
  readonly module: string;
  /** What is known of the providers. */
  readonly providers: Providers;
  /** How long an aborted call may go on, in milliseconds. */
  readonly grace: number;
  /** Told when it can take calls, and what its module exports. */
  readonly onReady: (agents: readonly Found[], configured: readonly string[]) => void;
  /** Told that a call has left it. */
  readonly onFree: () => void;
  /** Told once that it is of no use any more, and why. */
  readonly onLost: (why: unknown, wasReady: boolean) => void;
}

/** A worker. */
export class Isolate {
  /** Fulfilled when it can take calls; rejects if it ends before. */
  readonly started: Promise<void>;
  /** Can it take calls? */
  ready = false;
  /** Is it kept for a single call? */
  kept = false;
  readonly #started = Promise.withResolvers<void>();
  readonly #options: IsolateOptions;
  readonly #thread: Thread;
  readonly #admissions: Admissions;
  readonly #calls = new Map<number, Call>();
  readonly #graces = new Map<number, ReturnType<typeof setTimeout>>();
  #settings: Handover;
  #lost = false;

  /** Starts it. */
  constructor(options: IsolateOptions) {
    this.#options = options;
    this.started = this.#started.promise;
    // Mostly nobody waits for it.
    this.started.catch(() => {});
    this.#admissions = new Admissions(options.providers);
    this.#thread = startThread({
      memory: options.memory,
      permissions: options.permissions,
      onMessage: (message) => void this.#hear(message),
      onEnd: (why) => this.#lose(why),
    });
    this.#settings = currentSettings();
    const { left: _, ...settings } = this.#settings;
    this.#thread.post({ type: "start", module: options.module, settings });
  }

  /** How many calls it has, with those that nobody waits for any more. */
  get load(): number {
    return this.#calls.size;
  }

  /** The calls it has. */
  get calls(): Iterable<Call> {
    return this.#calls.values();
  }

  /** Has it make a call. Refuses or fails the call if it cannot be handed over. */
  take(call: Call, agent: string): void {
    const settings = currentSettings();
    if (settings !== this.#settings) {
      const { left: _, ...told } = this.#settings = settings;
      this.#thread.post({ type: "configure", settings: told });
    }
    this.#calls.set(call.id, call);
    this.#thread.hold(true);
    call.begin();
    try {
      this.#post(call, call.order(agent));
    } catch (cause) {
      this.#forget(call.id);
      handedOver(call, cause);
    }
  }

  /** A call is not wanted any more. If it does not end within the grace, nothing else will end it. */
  abort(call: Call): void {
    const { grace } = this.#options;
    this.#thread.post({ type: "abort", id: call.id, reason: encodeError(call.signal.reason) });
    const ms = Math.min(grace, 2 ** 31 - 1);
    const over = `a call did not end within ${grace} ms after it was aborted`;
    this.#graces.set(call.id, setTimeout(() => this.#lose(new Error(over)), ms));
    void call.soon();
  }

  /** Ends it; its calls stay as they are. */
  async end(why: unknown): Promise<void> {
    this.#started.reject(why);
    this.#lost = true;
    this.ready = false;
    for (const timer of this.#graces.values()) clearTimeout(timer);
    this.#graces.clear();
    this.#admissions.release();
    await this.#thread.end();
  }

  #post(call: Call, order: Omit<Order, "options">): void {
    const { signal: _, onDelta: __, ...options } = call.options;
    try {
      this.#thread.post({ type: "call", ...order, options });
    } catch (error) {
      // It comes back in the result without being handed over.
      const { metadata, ...others } = options;
      if (metadata === undefined) throw error;
      this.#thread.post({ type: "call", ...order, options: others });
    }
  }

  async #hear(message: FromWorker): Promise<void> {
    if (this.#lost) return;
    switch (message.type) {
      case "ready":
        this.ready = true;
        this.#started.resolve();
        this.#thread.hold(this.load > 0);
        this.#options.onReady(message.agents, message.configured);
        break;
      case "broken":
      case "dying":
        this.#lose(decodeError(message.error));
        break;
      case "done":
        this.#forget(message.id)?.done(message.result);
        this.#options.onFree();
        break;
      case "threw":
        this.#forget(message.id)?.threw(message.error);
        this.#options.onFree();
        break;
      case "withdraw":
        this.#admissions.withdraw(message.n);
        break;
      case "leave":
        this.#admissions.leave(message.n, message);
        break;
      case "ask": {
        const { n, id, question } = message;
        const answer = await this.#answer(n, question, this.#calls.get(id));
        // It may have ended meanwhile.
        if (!this.#lost) this.#thread.post({ type: "answer", n, ...answer });
      }
    }
  }

  /** Answers a question of the worker. Never throws. */
  async #answer(n: number, question: Question, call: Call | undefined): Promise<Answered> {
    try {
      switch (question.kind) {
        case "admit":
          if (call !== undefined) return await this.#admissions.admit(n, question, call);
          throw new DOMException("The call is over", "AbortError");
        case "told":
          return { ok: true, value: this.#admissions.told(question.pass, question.outcome) };
        case "delta":
          return { ok: true, value: await call?.delta(question.text) };
        case "emit":
          return { ok: true, value: await call?.emit(question.agent, question.data) };
        case "look-up":
          return { ok: true, value: await defaultStore().get(question.key) };
        case "keep":
          await defaultStore().set(question.key, question.reply, question.ttl);
          return { ok: true, value: undefined };
      }
    } catch (thrown) {
      return { ok: false, error: encodeError(thrown) };
    }
  }

  #forget(id: number): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(this.#graces.get(id));
    this.#graces.delete(id);
    if (this.load === 0) {
      this.kept = false;
      this.#thread.hold(false);
    }
    return call;
  }

  #lose(why: unknown): void {
    if (this.#lost) return;
    const { ready } = this;
    void this.end(why);
    this.#options.onLost(why, ready);
  }
}

/** Says what of a call cannot be cloned. */
function handedOver(call: Call, cause: unknown): void {
  const { name } = call.agent;
  if (!canBeCloned(call.order("").params)) {
    const why =
      "its parameters cannot be handed to a worker: they must be data, without functions and the like";
    void call.fail((trace) =>
      trace.make(`Cannot call "${name}" as ${why}`, { code: "invalid_params", cause })
    );
    return;
  }
  const { signal: _, onDelta: __, metadata: ___, ...options } = call.options;
  const option = Object.entries(options).find(([, value]) => !canBeCloned(value))?.[0];
  const why = option === undefined
    ? "it cannot be handed to a worker"
    : `its option ${option} cannot be handed to a worker, since it has a function in it: set it in the module of the agents`;
  call.refuse(new TypeError(`Cannot call "${name}" as ${why}`, { cause }));
}
