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
import process from "node:process";
import { existsSync } from "node:fs";
import {
  checkOptions,
  milliseconds,
  positiveInteger,
  type RulesFor,
} from "../model/check_options.ts";
import { isAvailable } from "../run/is_available.ts";
import { workerModuleUrl } from "./worker_module_url.ts";
import { Pool } from "./pool/pool.ts";
import { WORKER_ENTRY } from "./worker/worker_entry.ts";
import type { WorkerPermissions } from "./worker_permissions.ts";
import type { WorkerPool } from "./worker_pool.ts";

export type { Mode, ModeCall } from "../call/options/mode.ts";
export type {
  WorkerPermission,
  WorkerPermissionOptions,
  WorkerPermissions,
} from "./worker_permissions.ts";
export type { WorkerPool, WorkerStats } from "./worker_pool.ts";

/** Options of {@linkcode workers}. */
export interface WorkerOptions {
  /**
   * The URL of the module that exports the agents and workflows to call, or its absolute path:
   * `import.meta.resolve("./agents.ts")`. They are found by their names. Node loads TypeScript from
   * 22.18 on; Node and Bun load only files.
   */
  readonly module: string | URL;
  /**
   * The maximum number of workers: a positive integer. They are started on demand.
   *
   * @default The number of processors
   */
  readonly size?: number;
  /**
   * The maximum number of concurrent calls in one worker: a positive integer. With 1, each call has
   * a thread to itself; with more, each worker is an event loop for many calls.
   *
   * @default {100}
   */
  readonly perWorker?: number;
  /**
   * How long an aborted call may go on in its worker, in milliseconds, 0 or more. After that, the
   * worker is ended and replaced. The caller does not wait for this.
   *
   * @default {1_000}
   */
  readonly grace?: number;
  /**
   * The maximum heap size of a worker, in megabytes: a positive integer. A worker that exceeds it
   * is ended and replaced: usually at once, but on Deno a call that exceeds it after an `await` may
   * go unnoticed until its timeout. Bun cannot limit it.
   *
   * @default {2_048}
   */
  readonly memory?: number;
  /**
   * The permissions of the workers: those of this process, or fewer. Only on Deno, which requires
   * `--unstable-worker-options` for this, and ends the process without that flag. Such workers
   * cannot be ended within an endless loop, and their `memory` is not limited.
   *
   * @default {"inherit"}
   */
  readonly permissions?: WorkerPermissions;
}

const WORKER_RULES: RulesFor<WorkerOptions> = {
  module: workerModuleUrl,
  size: positiveInteger,
  perWorker: positiveInteger,
  grace: milliseconds,
  memory(doing, name, value) {
    positiveInteger(doing, name, value);
    if (process.versions.bun === undefined) return;
    throw new TypeError(`Cannot ${doing} as Bun cannot limit their ${name}: leave the option out`);
  },
  permissions(doing, name, value) {
    if (value === "inherit" || process.versions.deno !== undefined) return;
    throw new TypeError(
      `Cannot ${doing} as only Deno can restrict their ${name}: leave the option out`,
    );
  },
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
  checkRuntime(doing);
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
    module: workerModuleUrl(doing, "module", module),
    size,
    perWorker,
    grace,
    memory,
    permissions: restricted,
  });
}

/**
 * Checks that workers can start here.
 *
 * @throws {TypeError} If they cannot.
 */
function checkRuntime(doing: string): void {
  if (!isAvailable("workers")) {
    throw new TypeError(
      `Cannot ${doing} as this runtime has no workers, or its permissions deny them: ` +
        'use the mode "event-loop"',
    );
  }
  // Deno needs a permission to check this, and reports a missing file when it starts a worker.
  if (process.versions.deno !== undefined || WORKER_ENTRY.protocol !== "file:") return;
  if (existsSync(WORKER_ENTRY)) return;
  throw new TypeError(
    `Cannot ${doing} as their entry file does not exist: ${WORKER_ENTRY.href}. ` +
      "If you bundle your program, leave @shoal/agents out of the bundle",
  );
}
