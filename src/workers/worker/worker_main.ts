/** The entry point of a worker: loads the module of the agents, and runs calls of its exports. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { configure, setDefaultProvider, settings } from "../../call/options/config.ts";
import { type Callable, isCallable } from "../../call/options/callable.ts";
import { replaceDefaultStore } from "../../cache/memory_cache.ts";
import type { CachedReply } from "../../cache/cache_store.ts";
import { RunningCalls } from "./running_calls.ts";
import { encodeError } from "../error_codec.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { AgentExport, PoolMessage, WorkerMessage, WorkerSettings } from "../messages.ts";
import { PoolClient } from "./pool_client.ts";

/** The globals that are used of both kinds of workers. */
interface WorkerScope {
  self?: unknown;
  close(): void;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const isThread = parentPort !== null && parentPort !== undefined;
// A Node thread has no `self`, but code written for the web may look for it.
scope.self ??= globalThis;

/** Whether the worker has exited. Code may run on for a moment: its messages are dropped. */
let hasExited = false;
const pool = new PoolClient((message: WorkerMessage) => {
  if (hasExited) return;
  if (isThread) parentPort!.postMessage(message);
  else scope.postMessage(message);
});
const calls = new RunningCalls(pool);
const agents = new Map<string, Callable>();

function handleMessage(message: PoolMessage): void {
  switch (message.type) {
    case "start":
      void start(message.module, message.settings);
      break;
    case "configure":
      applySettings(message.settings);
      break;
    case "call":
      void calls.run(agents.get(message.agent)!, message);
      break;
    case "abort":
      calls.abort(message.callId, message.reason);
      break;
    case "response":
      pool.handleResponse(message.requestId, message);
  }
}
if (isThread) parentPort!.on("message", handleMessage);
else {scope.addEventListener("message", ({ data }: MessageEvent<PoolMessage>) =>
    handleMessage(data));}

// The state after an uncaught error is unknown: the worker ends, and the pool starts another.
function crash(event: Event, thrown: unknown): void {
  event.preventDefault();
  pool.reportCrash(thrown);
  scope.close();
}
scope.addEventListener("error", (event: ErrorEvent) => crash(event, event.error ?? event.message));
scope.addEventListener(
  "unhandledrejection",
  (event: PromiseRejectionEvent) => crash(event, event.reason),
);

/** Wraps a function that exits. The exit of a web worker would otherwise go unnoticed. */
function reportExit<A extends unknown[]>(exit: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    if (!isThread) pool.reportCrash(new Error("it exited"));
    hasExited = true;
    exit(...args);
  };
}
scope.close = reportExit(scope.close.bind(scope));
Object.assign(Deno, { exit: reportExit(Deno.exit) });
process.on("exit", () => hasExited = true);

async function start(module: string, received: WorkerSettings): Promise<void> {
  try {
    const exports: Record<string, unknown> = await import(module);
    const found: AgentExport[] = [];
    for (const [key, callable] of listCallables(exports)) {
      agents.set(key, callable);
      found.push({ key, name: callable.name, parts: fingerprintOf(callable) });
    }
    const configured = Object.keys(settings());
    applySettings(received);
    replaceDefaultStore({
      async get(key) {
        const { value } = await pool.request(0, { type: "cache-get", key });
        return value as CachedReply | undefined;
      },
      async set(key, reply, ttl) {
        await pool.request(0, { type: "cache-set", key, reply, ttl });
      },
    });
    pool.post({ type: "ready", agents: found, configured });
  } catch (thrown) {
    pool.post({ type: "load-failed", error: encodeError(thrown) });
  }
}

/** Yields the agents and workflows among the exports, and within exported lists and objects. */
function* listCallables(exports: Record<string, unknown>): Generator<[string, Callable]> {
  for (const [key, value] of Object.entries(exports)) {
    if (isCallable(value)) yield [key, value];
    else if (typeof value === "object" && value !== null) {
      for (const [innerKey, inner] of Object.entries(value)) {
        if (isCallable(inner)) yield [`${key}.${innerKey}`, inner];
      }
    }
  }
}

/** Whether the module has configured a provider itself. */
let hasOwnProvider: boolean | undefined;

function applySettings({ options, hasProvider }: WorkerSettings): void {
  hasOwnProvider ??= settings().provider !== undefined;
  configure(options);
  if (!hasProvider || hasOwnProvider) return;
  setDefaultProvider(() =>
    Promise.reject(
      new TypeError(
        "Cannot call a model in a worker as the provider of configure cannot be sent to workers: " +
          "call configure in the module of the agents, or name the provider in the agent",
      ),
    )
  );
}

pool.post({ type: "listening" });
