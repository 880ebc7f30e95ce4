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
import { shareOwnCopy } from "../share_own_copy.ts";
import type { AgentExport, PoolMessage, WorkerMessage, WorkerSettings } from "../messages.ts";
import { PoolClient } from "./pool_client.ts";

/** The globals that a worker needs beyond those of its runtime's threads. */
interface WorkerScope {
  self?: unknown;
  /** Ends the worker, on Deno. */
  close?(): void;
  /** Sends a message, in a web worker. */
  postMessage(message: unknown): void;
  addEventListener(
    type: "message",
    listener: (event: { readonly data: PoolMessage }) => void,
  ): void;
  /** Only on Deno. */
  readonly Deno?: { exit(code?: number): never };
}

const scope = globalThis as unknown as WorkerScope;
// Absent in a web worker, which only Deno starts.
const port = parentPort ?? undefined;
// A thread of Node or Deno has no `self`, but code written for the web may look for it.
scope.self ??= globalThis;

/** Whether the worker has exited. Code may run on for a moment: its messages are dropped. */
let hasExited = false;
const pool = new PoolClient((message: WorkerMessage) => {
  if (hasExited) return;
  if (port === undefined) scope.postMessage(message);
  else port.postMessage(message);
});
const calls = new RunningCalls(pool);
const agents = new Map<string, Callable>();

function handleMessage(message: PoolMessage): void {
  switch (message.type) {
    case "start":
      if (message.mapsSources) process.setSourceMapsEnabled(true);
      if (message.sharesCopy) shareOwnCopy();
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
if (port === undefined) scope.addEventListener("message", ({ data }) => handleMessage(data));
else port.on("message", handleMessage);

/** Drops all later messages, and reports the exit of a web worker, which would go unnoticed. */
function noteExit(): void {
  if (hasExited) return;
  if (port === undefined) pool.reportCrash(new Error("it exited"));
  hasExited = true;
}

// The state after an uncaught error is unknown: the worker ends, and the pool starts another.
function crash(thrown: unknown): void {
  pool.reportCrash(thrown);
  hasExited = true;
  if (port === undefined) scope.close!();
  else process.exit(1);
}
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
process.on("exit", noteExit);

/** Wraps a function that exits: the exit is noted first. */
function wrapExit<A extends unknown[]>(exit: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    noteExit();
    exit(...args);
  };
}
// Deno has two more ways to exit, which do not emit the event.
if (scope.close !== undefined) scope.close = wrapExit(scope.close.bind(scope));
if (scope.Deno !== undefined) Object.assign(scope.Deno, { exit: wrapExit(scope.Deno.exit) });

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
    pool.post({ type: "load-failed", error: encodeError(explainLoadError(thrown)) });
  }
}

/** Adds what to do to an error of a runtime that cannot load TypeScript. */
function explainLoadError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) {
    // Bun before 1.4 throws messages that are not errors.
    const { message } = Object(thrown) as { readonly message?: unknown };
    return typeof message === "string" ? new Error(message) : thrown;
  }
  if (!("code" in thrown)) return thrown;
  const isTypeScript = /"\.[cm]?tsx?"/.test(thrown.message);
  if (thrown.code !== "ERR_UNKNOWN_FILE_EXTENSION" || !isTypeScript) return thrown;
  return new TypeError(
    `${thrown.message}: Node loads TypeScript from 22.18 on. Update Node from ` +
      `${process.version}, or name a JavaScript module`,
    { cause: thrown },
  );
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
