/** One worker of a pool: the calls that it runs, and the messages that it sends. */
import process from "node:process";
import { MAX_TIMER_DELAY } from "../../async/timer.ts";
import { defaultStore } from "../../cache/memory_cache.ts";
import { Admissions } from "./admissions.ts";
import type { PoolCall } from "./pool_call.ts";
import { decodeError, encodeError } from "../error_codec.ts";
import type {
  AgentExport,
  CallRequest,
  PoolRequest,
  RequestOutcome,
  WorkerMessage,
} from "../messages.ts";
import type { WorkerProviders } from "./worker_providers.ts";
import { canBeCloned } from "../result_codec.ts";
import { type CurrentSettings, currentSettings } from "./current_settings.ts";
import { startThread, type WorkerThread, type WorkerThreadOptions } from "./worker_thread.ts";
import { isOwnCopyShared } from "../share_own_copy.ts";

/**
 * Never called. Threads load the entry by its URL, which no tool can follow: this import makes it a
 * part of the module graph, so that it is downloaded, compiled and packed with the rest.
 */
export function importEntry(): Promise<unknown> {
  return import("../worker/worker_main.ts");
}

/** Options of a {@linkcode PoolWorker}. */
export interface PoolWorkerOptions extends Pick<WorkerThreadOptions, "memory" | "permissions"> {
  /** The URL of the module that exports the agents. */
  readonly module: string;
  /** The providers that its attempts are admitted to. */
  readonly providers: WorkerProviders;
  /** How long an aborted call may go on, in milliseconds. */
  readonly grace: number;
  /** Called when the worker can take calls, with what its module exports and configures. */
  readonly onReady: (agents: readonly AgentExport[], configured: readonly string[]) => void;
  /** Called when a call has left the worker. */
  readonly onFree: () => void;
  /** Called once when the worker has become unusable. */
  readonly onLost: (reason: unknown, wasReady: boolean) => void;
}

/** A worker. */
export class PoolWorker {
  /** Resolves when the worker can take calls; rejects if it ends before that. */
  readonly started: Promise<void>;
  /** Whether the worker can take calls. */
  isReady = false;
  /** Whether the worker is reserved for a single call. */
  isReserved = false;
  readonly #started = Promise.withResolvers<void>();
  readonly #options: PoolWorkerOptions;
  readonly #thread: WorkerThread;
  readonly #admissions: Admissions;
  readonly #calls = new Map<number, PoolCall>();
  readonly #graceTimers = new Map<number, ReturnType<typeof setTimeout>>();
  #settings: CurrentSettings;
  #isLost = false;

  /** Starts the worker. */
  constructor(options: PoolWorkerOptions) {
    this.#options = options;
    this.started = this.#started.promise;
    // Only `ready` waits for it: without a handler a rejection would end the process.
    this.started.catch(() => {});
    this.#admissions = new Admissions(options.providers);
    this.#thread = startThread({
      memory: options.memory,
      permissions: options.permissions,
      onMessage: (message) => void this.#handleMessage(message),
      onEnd: (reason) => this.#lose(reason),
    });
    this.#settings = currentSettings();
  }

  /** The number of its calls, including aborted ones that have not ended yet. */
  get load(): number {
    return this.#calls.size;
  }

  /** Its calls. */
  get calls(): Iterable<PoolCall> {
    return this.#calls.values();
  }

  /** Runs a call in the worker. The call is rejected or fails if it cannot be cloned. */
  assign(call: PoolCall, agent: string): void {
    const settings = currentSettings();
    if (settings !== this.#settings) {
      this.#settings = settings;
      this.#thread.post({ type: "configure", settings: settings.sent });
    }
    this.#calls.set(call.id, call);
    this.#thread.ref();
    call.start();
    try {
      this.#postCall(call, call.toRequest(agent));
    } catch (cause) {
      this.#forget(call.id);
      failUncloneable(call, cause);
    }
  }

  /** Aborts a call. If it does not end within the grace, the worker is ended. */
  abort(call: PoolCall): void {
    const { grace } = this.#options;
    this.#thread.post({ type: "abort", callId: call.id, reason: encodeError(call.signal.reason) });
    const ms = Math.min(grace, MAX_TIMER_DELAY);
    const message = `a call did not end within ${grace} ms after it was aborted`;
    this.#graceTimers.set(call.id, setTimeout(() => this.#lose(new Error(message)), ms));
    void call.waitForAbort();
  }

  /** Ends the worker. Its calls are left unsettled. */
  async terminate(reason: unknown): Promise<void> {
    this.#started.reject(reason);
    this.#isLost = true;
    this.isReady = false;
    for (const timer of this.#graceTimers.values()) clearTimeout(timer);
    this.#graceTimers.clear();
    this.#admissions.releaseAll();
    await this.#thread.terminate();
  }

  #postCall(call: PoolCall, request: Omit<CallRequest, "options">): void {
    const { signal: _, onDelta: __, ...options } = call.options;
    try {
      this.#thread.post({ type: "call", ...request, options });
    } catch (error) {
      // The result gets its metadata from the call of this process: the worker can do without.
      const { metadata, ...others } = options;
      if (metadata === undefined) throw error;
      this.#thread.post({ type: "call", ...request, options: others });
    }
  }

  async #handleMessage(message: WorkerMessage): Promise<void> {
    if (this.#isLost) return;
    switch (message.type) {
      case "listening": {
        const { module } = this.#options;
        this.#settings = currentSettings();
        this.#thread.post({
          type: "start",
          module,
          sharesCopy: isOwnCopyShared(),
          // Node from 20.7 on has the property.
          mapsSources: (process as { sourceMapsEnabled?: boolean }).sourceMapsEnabled ?? false,
          settings: this.#settings.sent,
        });
        break;
      }
      case "ready":
        this.isReady = true;
        this.#started.resolve();
        if (this.load === 0) this.#thread.unref();
        this.#options.onReady(message.agents, message.configured);
        break;
      case "load-failed":
      case "crashed":
        this.#lose(decodeError(message.error));
        break;
      case "result":
        this.#forget(message.callId)?.settleWithResult(message.result);
        this.#options.onFree();
        break;
      case "call-threw":
        this.#forget(message.callId)?.rejectEncoded(message.error);
        this.#options.onFree();
        break;
      case "cancel-request":
        this.#admissions.withdraw(message.requestId);
        break;
      case "attempt-ended":
        this.#admissions.attemptEnded(message.admissionId, message);
        break;
      case "request": {
        const { requestId, callId, request } = message;
        const outcome = await this.#respond(requestId, request, this.#calls.get(callId));
        // The worker may have ended in the meantime.
        if (!this.#isLost) this.#thread.post({ type: "response", requestId, ...outcome });
      }
    }
  }

  /** Handles a request of the worker. Never throws. */
  async #respond(
    requestId: number,
    request: PoolRequest,
    call: PoolCall | undefined,
  ): Promise<RequestOutcome> {
    try {
      switch (request.type) {
        case "admit":
          if (call !== undefined) return await this.#admissions.admit(requestId, request, call);
          throw new DOMException("The call is over", "AbortError");
        case "circuit-outcome": {
          const { admissionId, outcome } = request;
          return { ok: true, value: this.#admissions.reportOutcome(admissionId, outcome) };
        }
        case "delta":
          return { ok: true, value: await call?.emitDelta(request.text) };
        case "emit":
          return { ok: true, value: await call?.emit(request.agent, request.data) };
        case "cache-get":
          return { ok: true, value: await defaultStore().get(request.key) };
        case "cache-set":
          await defaultStore().set(request.key, request.reply, request.ttl);
          return { ok: true, value: undefined };
      }
    } catch (thrown) {
      return { ok: false, error: encodeError(thrown) };
    }
  }

  #forget(id: number): PoolCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(this.#graceTimers.get(id));
    this.#graceTimers.delete(id);
    if (this.load === 0) {
      this.isReserved = false;
      this.#thread.unref();
    }
    return call;
  }

  #lose(reason: unknown): void {
    if (this.#isLost) return;
    const wasReady = this.isReady;
    void this.terminate(reason);
    this.#options.onLost(reason, wasReady);
  }
}

/** Fails a call with a message that names what of it cannot be cloned. */
function failUncloneable(call: PoolCall, cause: unknown): void {
  const { name } = call.agent;
  if (!canBeCloned(call.toRequest("").params)) {
    void call.settleFailed((trace) =>
      trace.make(
        `Cannot call "${name}" as its parameters cannot be sent to a worker: ` +
          "they must be data, without functions and the like",
        { code: "invalid_params", cause },
      )
    );
    return;
  }
  const { signal: _, onDelta: __, metadata: ___, ...options } = call.options;
  const option = Object.entries(options).find(([, value]) => !canBeCloned(value))?.[0];
  const reason = option === undefined
    ? "it cannot be sent to a worker"
    : `its option ${option} cannot be sent to a worker, since it has a function in it: ` +
      "set it in the module of the agents";
  call.reject(new TypeError(`Cannot call "${name}" as ${reason}`, { cause }));
}
