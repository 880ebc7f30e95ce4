/** Where a worker begins: it loads the module that it is told, and makes the calls of what that exports. */
import process from "node:process";
import { parentPort } from "node:worker_threads";
import { configure, setDefaultProvider, settings } from "../../call/options/config.ts";
import { type Callable, isCallable } from "../../call/options/callable.ts";
import { keepElsewhere } from "../../cache/memory_cache.ts";
import type { CachedReply } from "../../cache/cache_store.ts";
import { Calls } from "./running_calls.ts";
import { encodeError } from "../error_codec.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { Found, FromWorker, Settings, ToWorker } from "../messages.ts";
import { Parent } from "./pool_client.ts";

/** As much of both kinds of workers as is needed; in a thread there is no `self`, though code for the web may look for one. */
interface WorkerScope {
  self?: unknown;
  close(): void;
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const isThread = parentPort !== null && parentPort !== undefined;
scope.self ??= globalThis;

/** Has it exited? Code goes on for a moment then, as if nothing had happened: what it says is not to be heard. */
let exited = false;
const parent = new Parent((message: FromWorker) => {
  if (exited) return;
  if (isThread) parentPort!.postMessage(message);
  else scope.postMessage(message);
});
const calls = new Calls(parent);
const agents = new Map<string, Callable>();

function hear(message: ToWorker): void {
  switch (message.type) {
    case "start":
      void start(message.module, message.settings);
      break;
    case "configure":
      apply(message.settings);
      break;
    case "call":
      void calls.make(agents.get(message.agent)!, message);
      break;
    case "abort":
      calls.abort(message.id, message.reason);
      break;
    case "answer":
      parent.answered(message.n, message);
  }
}
if (isThread) parentPort!.on("message", hear);
else scope.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => hear(data));

// What nobody catches leaves who knows what behind: the worker ends, and another one takes its place.
function die(event: Event, thrown: unknown): void {
  event.preventDefault();
  parent.dying(thrown);
  scope.close();
}
scope.addEventListener("error", (event: ErrorEvent) => die(event, event.error ?? event.message));
scope.addEventListener(
  "unhandledrejection",
  (event: PromiseRejectionEvent) => die(event, event.reason),
);

/** Whoever exits. A thread tells of it by itself, with its code; of a worker of the web nobody would hear. */
function exiting<A extends unknown[]>(exit: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    if (!isThread) parent.dying(new Error("it exited"));
    exited = true;
    exit(...args);
  };
}
scope.close = exiting(scope.close.bind(scope));
Object.assign(Deno, { exit: exiting(Deno.exit) });
process.on("exit", () => exited = true);

async function start(module: string, given: Settings): Promise<void> {
  try {
    const exports: Record<string, unknown> = await import(module);
    const found: Found[] = [];
    for (const [key, callable] of callablesIn(exports)) {
      agents.set(key, callable);
      found.push({ key, name: callable.name, parts: fingerprintOf(callable) });
    }
    const configured = Object.keys(settings());
    apply(given);
    keepElsewhere({
      async get(key) {
        const { value } = await parent.ask(0, { kind: "look-up", key });
        return value as CachedReply | undefined;
      },
      async set(key, reply, ttl) {
        await parent.ask(0, { kind: "keep", key, reply, ttl });
      },
    });
    parent.tell({ type: "ready", agents: found, configured });
  } catch (thrown) {
    parent.tell({ type: "broken", error: encodeError(thrown) });
  }
}

/** Agents and workflows among the exports, and in the lists and objects that are exported. */
function* callablesIn(exports: Record<string, unknown>): Generator<[string, Callable]> {
  for (const [key, value] of Object.entries(exports)) {
    if (isCallable(value)) yield [key, value];
    else if (typeof value === "object" && value !== null) {
      for (const [inner, one] of Object.entries(value)) {
        if (isCallable(one)) yield [`${key}.${inner}`, one];
      }
    }
  }
}

let ownProvider: boolean | undefined;

function apply({ options, hasProvider }: Settings): void {
  ownProvider ??= settings().provider !== undefined;
  configure(options);
  if (!hasProvider || ownProvider) return;
  setDefaultProvider(() =>
    Promise.reject(
      new TypeError(
        "Cannot call a model in a worker as the provider of configure cannot be handed over: " +
          "configure it in the module of the agents, or name it there",
      ),
    )
  );
}
