/** Starts the isolate of a worker, and exchanges messages with it. */
import { Worker as NodeWorker } from "node:worker_threads";
import type { PoolMessage, WorkerMessage } from "../messages.ts";

/** Options of {@linkcode startThread}. */
export interface WorkerThreadOptions {
  /** The maximum size of its heap, in megabytes. */
  readonly memory: number;
  /** Its permissions. If absent, it has those of this process. */
  readonly permissions: Deno.PermissionOptions | undefined;
  /** Called with each message of the worker. */
  readonly onMessage: (message: WorkerMessage) => void;
  /** Called once if the worker ends by itself, with the reason if it is known. */
  readonly onEnd: (reason: unknown) => void;
}

/** A running isolate. */
export interface WorkerThread {
  /**
   * Sends a message.
   *
   * @throws {DOMException} A `DataCloneError` if it cannot be cloned. Then nothing was sent.
   */
  post(message: PoolMessage): void;
  /** Keeps the process alive while the worker runs. */
  ref(): void;
  /** Lets the process end although the worker runs. */
  unref(): void;
  /** Ends the worker, whatever it is doing. */
  terminate(): Promise<void>;
}

const ENTRY = new URL("../worker/worker_main.ts", import.meta.url);

/**
 * Starts an isolate. A Node thread can be ended within an endless loop, reports its end, and its
 * memory can be limited. A web worker can do none of this, but only a web worker can have fewer
 * permissions than the process.
 */
export function startThread(options: WorkerThreadOptions): WorkerThread {
  return options.permissions === undefined ? startNodeThread(options) : startWebWorker(options);
}

function startNodeThread({ memory, onMessage, onEnd }: WorkerThreadOptions): WorkerThread {
  // Threads start only from files and data URLs: a remote module is imported by a data URL.
  const entry = ENTRY.protocol === "file:"
    ? ENTRY
    : new URL(`data:text/javascript,import(${encodeURIComponent(JSON.stringify(ENTRY.href))})`);
  const worker = new NodeWorker(entry, { resourceLimits: { maxOldGenerationSizeMb: memory } });
  let hasEnded = false;
  let reason: unknown;
  worker.on("message", onMessage);
  worker.on("error", (error: unknown) => reason ??= error);
  worker.on("exit", (code: number) => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(reason ?? new Error(`it exited with the code ${code}`));
  });
  return {
    post: (message) => worker.postMessage(message),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    async terminate() {
      hasEnded = true;
      await worker.terminate();
    },
  };
}

function startWebWorker({ permissions, onMessage, onEnd }: WorkerThreadOptions): WorkerThread {
  const worker = new Worker(ENTRY, { type: "module", deno: { permissions } });
  let hasEnded = false;
  worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    if (hasEnded) return;
    hasEnded = true;
    onEnd(new Error(event.message));
  };
  return {
    post: (message) => worker.postMessage(message),
    ref() {},
    unref() {},
    terminate() {
      hasEnded = true;
      worker.terminate();
      return Promise.resolve();
    },
  };
}
