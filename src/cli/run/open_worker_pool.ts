import type { Callable } from "../../call/options/callable.ts";
import { settings as configured } from "../../call/options/config.ts";
import { definitionOf } from "../../agent/definition.ts";
import type { WorkerPool } from "../../workers/worker_pool.ts";
import { workers as createPool } from "../../workers/workers.ts";
import { moduleUrl } from "../agents/agent_reference.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { nameFlags } from "../option_flags.ts";
import type { RunSettings } from "./run_settings.ts";

/** With an adaptive concurrency, the number of calls per worker is unknown in advance. */
const ADAPTIVE_CALLS_PER_WORKER = 1_000;

/**
 * Returns the pool of workers for a run, ready for calls; `undefined` without `--workers`.
 *
 * @throws {CliError} If workers cannot run the agent. Nothing was sent then.
 */
export async function openWorkerPool(
  reference: string | undefined,
  agent: Callable,
  settings: RunSettings,
): Promise<WorkerPool | undefined> {
  const { workers, concurrency } = settings;
  if (workers === undefined || reference === undefined) return undefined;
  checkProvider(agent, settings);
  const size = Math.min(workers, concurrency === "adaptive" ? Infinity : concurrency);
  const perWorker = concurrency === "adaptive"
    ? ADAPTIVE_CALLS_PER_WORKER
    : Math.ceil(concurrency / size);
  let pool: WorkerPool | undefined;
  try {
    pool = createPool({ module: moduleUrl(reference), size, perWorker });
    await pool.prepare([agent]);
    return pool;
  } catch (cause) {
    await pool?.close();
    throw new CliError(nameFlags(errorMessage(cause)), { cause });
  }
}

/** Workers read the URL of the server from the environment: a provider of the agent ignores it. */
function checkProvider(agent: Callable, { baseUrl }: RunSettings): void {
  const provider = definitionOf(agent)?.model?.provider ?? configured().provider;
  if (baseUrl === undefined || provider === undefined) return;
  throw new CliError(
    `Cannot use --base-url with --workers as the file of "${agent.name}" sets a provider: ` +
      "set the URL of the server there",
  );
}
