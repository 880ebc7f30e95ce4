/**
 * Runs whole calls in workers, which are isolates with event loops of their own: for agents that
 * keep a processor busy.
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
  type RulesFor,
} from "../model/check_options.ts";
import { isAvailable } from "../run/is_available.ts";
import { Pool } from "./pool/pool.ts";
import type { WorkerPool } from "./worker_pool.ts";

export type { Mode, ModeCall } from "../call/options/mode.ts";
export type { WorkerPool, WorkerStats } from "./worker_pool.ts";

/** Options of {@linkcode workers}. */
export interface WorkerOptions {
  /**
   * The URL of the module that exports the agents and workflows to call:
   * `import.meta.resolve("./agents.ts")`. They are found by their names.
   */
  readonly module: string | URL;
  /**
   * The maximum number of workers. They are started on demand.
   *
   * @default The number of processors
   */
  readonly size?: number;
  /**
   * The maximum number of concurrent calls in one worker. With 1, each call has a thread to itself;
   * with more, each worker is an event loop for many calls.
   *
   * @default {100}
   */
  readonly perWorker?: number;
  /**
   * How long an aborted call may go on in its worker, in milliseconds. After that, the worker is
   * ended and replaced. The caller does not wait for this.
   *
   * @default {1_000}
   */
  readonly grace?: number;
  /**
   * The maximum heap size of a worker, in megabytes. A worker that exceeds it is ended and
   * replaced: usually at once, but a call that exceeds it after an `await` may go unnoticed until
   * its timeout.
   *
   * @default {2_048}
   */
  readonly memory?: number;
  /**
   * The permissions of the workers: those of this process, or fewer. Deno requires
   * `--unstable-worker-options` for this, and ends the process without that flag. Such workers
   * cannot be ended within an endless loop, and their `memory` is not limited.
   *
   * @default {"inherit"}
   */
  readonly permissions?: Deno.PermissionOptions;
}

const WORKER_RULES: RulesFor<WorkerOptions> = {
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
 * Creates a pool of workers, for the `mode` option of runs. The workers run whole calls: prompts,
 * tools, retries, `run` functions and requests. Results, order, errors and deltas are the same as
 * on the event loop. Limits, budgets and breakers are those of this process and hold over all
 * workers.
 *
 * Parameters and answers must be data that can be cloned. What has functions in it, such as a
 * provider, is configured in the module.
 *
 * @throws {TypeError} If an option is invalid, or this runtime has no workers.
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
  checkOptions(doing, options, WORKER_RULES);
  if (options?.module === undefined) WORKER_RULES.module(doing, "module", undefined);
  if (!isAvailable("workers")) {
    throw new TypeError(
      `Cannot ${doing} as this runtime has no workers: use the mode "event-loop"`,
    );
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
