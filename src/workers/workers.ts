/**
 * Runs whole calls in workers: isolates with event loops of their own, for agents that keep a processor busy.
 *
 * @example
 * ```ts
 * import { isAvailable } from "@shoal/agents";
 * import { workers } from "@shoal/agents/workers";
 *
 * if (isAvailable("workers")) {
 *   await using pool = workers({ module: import.meta.resolve("./agents.ts"), size: 4 });
 *   console.log(pool.stats().size); // 4
 *   // await batch(calls, { mode: pool });
 * }
 * ```
 *
 * @module
 */
import {
  anything,
  checkOptions,
  milliseconds,
  positiveInteger,
  refuse,
  type Rules,
} from "../model/check_options.ts";
import { isAvailable } from "../run/is_available.ts";
import { Pool } from "./pool/pool.ts";
import type { WorkerPool } from "./worker_pool.ts";

export type { Mode, ModeCall } from "../call/options/mode.ts";
export type { WorkerPool, WorkerStats } from "./worker_pool.ts";

/** What a pool of workers is made of. */
export interface WorkerOptions {
  /**
   * The URL of the module that exports the agents, and the workflows, that are to be called: `import.meta.resolve("./agents.ts")`. They are
   * found by their names.
   */
  readonly module: string | URL;
  /**
   * How many workers there may be. They are started when they are needed.
   *
   * @default The number of processors
   */
  readonly size?: number;
  /**
   * How many calls a worker makes at the same time: with 1 it is a thread for each call, with more each worker is an event loop for many.
   *
   * @default {100}
   */
  readonly perWorker?: number;
  /**
   * How long a call may go on in its worker after it was aborted, in milliseconds, before the worker is ended and replaced. Who waits for the
   * call is told of the abort at once.
   *
   * @default {1_000}
   */
  readonly grace?: number;
  /**
   * How much a worker may have on its heap, in megabytes. One that needs more is ended and replaced; mostly at once, but what runs out of
   * it behind an `await` may only be noticed at the time limit of its call.
   *
   * @default {2_048}
   */
  readonly memory?: number;
  /**
   * What the workers may do: as much as this process, or less. Deno has this behind `--unstable-worker-options`, without which it ends the
   * process. Such workers cannot be ended in the middle of an endless loop, and their `memory` is not limited.
   *
   * @default {"inherit"}
   */
  readonly permissions?: Deno.PermissionOptions;
}

const RULES: Rules = {
  module(doing, name, value) {
    if (value instanceof URL) return;
    if (typeof value !== "string" || !URL.canParse(value)) {
      refuse(doing, name, 'a URL, as from import.meta.resolve("./agents.ts")', value);
    }
  },
  size: positiveInteger,
  perWorker: positiveInteger,
  grace: milliseconds,
  memory: positiveInteger,
  permissions: anything,
};

/**
 * Makes a pool of workers, to be handed to runs as their `mode`. Calls are made whole in the workers: prompts, tools, retries, `run` functions
 * and requests. Results, order, errors and pieces of answers come back as if they had been made here, and limits, budgets and breakers are
 * those of this process, however many workers there are.
 *
 * Parameters and answers must be data that can be cloned. What has functions in it, such as a provider, is named in the module.
 *
 * @throws {TypeError} If an option is wrong, or this runtime has no workers.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts ignore
 * import { batch } from "@shoal/agents";
 * import { workers } from "@shoal/agents/workers";
 * import { Parse } from "./agents.ts";
 *
 * await using pool = workers({ module: import.meta.resolve("./agents.ts"), perWorker: 10 });
 * const results = await batch(files.map((file) => [Parse, { file }]), { mode: pool });
 * ```
 */
export function workers(options: WorkerOptions): WorkerPool {
  const doing = "make a pool of workers";
  checkOptions(doing, options, RULES);
  if (options?.module === undefined) RULES.module!(doing, "module", undefined);
  if (!isAvailable("workers")) {
    throw new TypeError(`Cannot ${doing} as there are none here: run the calls on the event loop`);
  }
  const {
    module,
    size = navigator.hardwareConcurrency,
    perWorker = 100,
    grace = 1_000,
    memory = 2_048,
    permissions,
  } = options;
  const restricted = permissions === "inherit" ? undefined : permissions;
  return new Pool({
    module: String(module),
    size,
    perWorker,
    grace,
    memory,
    permissions: restricted,
  });
}
