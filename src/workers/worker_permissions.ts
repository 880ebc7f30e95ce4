/**
 * A permission of a worker: that of the process (`"inherit"`), all (`true`), none (`false`), or a
 * list. The same as in the options of Deno's `Worker`.
 */
export type WorkerPermission<T = string> = "inherit" | boolean | readonly T[];

/** The permissions of a worker on Deno. Those that are absent are denied. */
export interface WorkerPermissionOptions {
  /**
   * Environment variables, by name.
   *
   * @default {false}
   */
  readonly env?: WorkerPermission;
  /**
   * Native libraries, by path.
   *
   * @default {false}
   */
  readonly ffi?: WorkerPermission<string | URL>;
  /**
   * Hosts to import from, such as `"jsr.io:443"`.
   *
   * @default {false}
   */
  readonly import?: WorkerPermission;
  /**
   * Hosts to connect to, such as `"api.openai.com:443"`.
   *
   * @default {false}
   */
  readonly net?: WorkerPermission;
  /**
   * Files and folders to read.
   *
   * @default {false}
   */
  readonly read?: WorkerPermission<string | URL>;
  /**
   * Programs to run.
   *
   * @default {false}
   */
  readonly run?: WorkerPermission<string | URL>;
  /**
   * Facts about the system, such as `"hostname"`.
   *
   * @default {false}
   */
  readonly sys?: WorkerPermission;
  /**
   * Files and folders to write.
   *
   * @default {false}
   */
  readonly write?: WorkerPermission<string | URL>;
}

/** The permissions of the workers of a pool: those of this process, none, or some. */
export type WorkerPermissions = "inherit" | "none" | WorkerPermissionOptions;
