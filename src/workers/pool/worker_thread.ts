/** Starts the isolate of a worker, and exchanges messages with it. */
import process from "node:process";
import { SHARE_ENV, Worker as NodeWorker, type WorkerOptions } from "node:worker_threads";
import type { PoolMessage, WorkerMessage } from "../messages.ts";
import { WORKER_ENTRY } from "../worker/worker_entry.ts";
import type { WorkerPermissions } from "../worker_permissions.ts";

/** Options of {@linkcode startThread}. */
export interface WorkerThreadOptions {
  /** The maximum size of its heap, in megabytes. Bun has no such limit. */
  readonly memory: number;
  /** Its permissions. If absent, it has those of this process. */
  readonly permissions: Exclude<WorkerPermissions, "inherit"> | undefined;
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

/** The maximum time to wait for the end of a thread, in milliseconds. */
const PATIENCE_MS = 2_000;

/**
 * Starts an isolate: a thread of `node:worker_threads`, on every runtime. It can be ended within an
 * endless loop, reports its end, and its memory can be limited. A web worker can do none of this,
 * but only a web worker of Deno can have fewer permissions than the process.
 */
export function startThread(options: WorkerThreadOptions): WorkerThread {
  return options.permissions === undefined ? startNodeThread(options) : startWebWorker(options);
}

function startNodeThread({ memory, onMessage, onEnd }: WorkerThreadOptions): WorkerThread {
  // Threads start only from files and data URLs: a remote module is imported by a data URL.
  const entry = WORKER_ENTRY.protocol === "file:" ? WORKER_ENTRY : new URL(
    `data:text/javascript,import(${encodeURIComponent(JSON.stringify(WORKER_ENTRY.href))})`,
  );
  let hasEnded = false;
  let reason: unknown;
  const end = (why: unknown): void => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(why);
  };
  let worker: NodeWorker;
  try {
    worker = createNodeWorker(entry, { resourceLimits: { maxOldGenerationSizeMb: memory } });
  } catch (error) {
    // Node denies workers, or Bun does not find the file.
    queueMicrotask(() => end(error));
    return { post() {}, ref() {}, unref() {}, terminate: () => Promise.resolve() };
  }
  worker.on("message", onMessage);
  worker.on("error", (error: unknown) => reason ??= error);
  worker.on("exit", (code: number) => end(reason ?? new Error(`it exited with the code ${code}`)));
  return {
    post: (message) => worker.postMessage(message),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    async terminate() {
      hasEnded = true;
      await withinPatience(worker.terminate());
    },
  };
}

/** Waits up to 2 s for the end of a thread: Bun before 1.4 cannot end one in an endless loop. */
async function withinPatience(ended: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const patience = new Promise((resolve) => timer = setTimeout(resolve, PATIENCE_MS));
  await Promise.race([ended, patience]).finally(() => clearTimeout(timer));
}

/** Creates a worker that shares the environment of this process, if the runtime supports that. */
function createNodeWorker(entry: URL, options: WorkerOptions): NodeWorker {
  // Node applies its flag `--input-type`, which `node -e` needs, to workers, too: then only code
  // can start one.
  const needsCode = process.execArgv.some((arg) => arg.startsWith("--input-type"));
  const [start, all] = needsCode
    ? [`import(${JSON.stringify(entry.href)})`, { ...options, eval: true }]
    : [entry, options];
  try {
    return new NodeWorker(start, { ...all, env: SHARE_ENV });
  } catch (error) {
    // Bun before 1.4 only copies the environment.
    if ((error as { code?: unknown }).code !== "ERR_INVALID_ARG_TYPE") throw error;
    return new NodeWorker(start, all);
  }
}

/** The part of a web worker that is used here. */
interface WebWorker {
  onmessage: ((event: { readonly data: WorkerMessage }) => void) | null;
  onerror: ((event: { readonly message: string; preventDefault(): void }) => void) | null;
  postMessage(message: PoolMessage): void;
  terminate(): void;
}

/** The constructor of Deno's web workers. */
interface WebWorkerConstructor {
  new (url: URL, options: {
    readonly type: "module";
    readonly deno: Pick<WorkerThreadOptions, "permissions">;
  }): WebWorker;
}

function startWebWorker({ permissions, onMessage, onEnd }: WorkerThreadOptions): WorkerThread {
  const { Worker } = globalThis as unknown as { readonly Worker: WebWorkerConstructor };
  const worker = new Worker(WORKER_ENTRY, { type: "module", deno: { permissions } });
  let hasEnded = false;
  worker.onmessage = ({ data }) => onMessage(data);
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
