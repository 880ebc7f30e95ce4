/** An isolate with an event loop of its own, and the messages between it and here. */
import { Worker as NodeWorker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../messages.ts";

/** How a {@linkcode Thread} is started. */
export interface ThreadOptions {
  /** The heap it may have, in megabytes. */
  readonly memory: number;
  /** What it may do; as much as this process if absent. */
  readonly permissions: Deno.PermissionOptions | undefined;
  /** Takes what it says. */
  readonly onMessage: (message: FromWorker) => void;
  /** Told once that it has ended by itself, and why, if that is known. */
  readonly onEnd: (why: unknown) => void;
}

/** An isolate. */
export interface Thread {
  /**
   * Says something.
   *
   * @throws {DOMException} A `DataCloneError` if it cannot be cloned; then nothing was said.
   */
  post(message: ToWorker): void;
  /** Does it keep the process alive? */
  hold(busy: boolean): void;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}

const ENTRY = new URL("../worker/worker_main.ts", import.meta.url);

/**
 * Starts one. A thread can be ended in the middle of an endless loop, tells that it has ended, and may be limited in memory. A worker of the
 * web can do none of it, but is the only one that may be given fewer permissions.
 */
export function startThread(options: ThreadOptions): Thread {
  return options.permissions === undefined ? nodeThread(options) : webThread(options);
}

function nodeThread({ memory, onMessage, onEnd }: ThreadOptions): Thread {
  // Threads are started from files and data only: what lies on a server is imported by such a line.
  const entry = ENTRY.protocol === "file:"
    ? ENTRY
    : new URL(`data:text/javascript,import(${encodeURIComponent(JSON.stringify(ENTRY.href))})`);
  const worker = new NodeWorker(entry, { resourceLimits: { maxOldGenerationSizeMb: memory } });
  let ended = false;
  let why: unknown;
  worker.on("message", onMessage);
  worker.on("error", (error: unknown) => why ??= error);
  worker.on("exit", (code: number) => {
    if (ended) return;
    ended = true;
    onEnd(why ?? new Error(`it exited with the code ${code}`));
  });
  return {
    post: (message) => worker.postMessage(message),
    hold: (busy) => busy ? worker.ref() : worker.unref(),
    async end() {
      ended = true;
      await worker.terminate();
    },
  };
}

function webThread({ permissions, onMessage, onEnd }: ThreadOptions): Thread {
  const worker = new Worker(ENTRY, { type: "module", deno: { permissions } });
  let ended = false;
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    if (ended) return;
    ended = true;
    onEnd(new Error(event.message));
  };
  return {
    post: (message) => worker.postMessage(message),
    hold() {},
    end() {
      ended = true;
      worker.terminate();
      return Promise.resolve();
    },
  };
}
