import type { Callable } from "../../call/options/callable.ts";
import { settings as configured } from "../../call/options/config.ts";
import { definitionOf } from "../../agent/definition.ts";
import type { WorkerPool } from "../../workers/worker_pool.ts";
import { workers as poolOf } from "../../workers/workers.ts";
import { moduleOf } from "./agent_file.ts";
import { CliError, reasonOf } from "../exit_code.ts";
import type { RunSettings } from "./run_settings.ts";

/** Of a run that finds out its concurrency nobody knows how many calls a worker will have. */
const PER_WORKER = 1_000;

/**
 * The workers that make the calls of a run, ready to make them; `undefined` if it wants none.
 *
 * @throws {CliError} If they cannot: before anything is sent.
 */
export async function workerPool(
  reference: string | undefined,
  agent: Callable,
  settings: RunSettings,
): Promise<WorkerPool | undefined> {
  const { workers, concurrency } = settings;
  if (workers === undefined) return undefined;
  if (reference === undefined) {
    throw new CliError(
      "Cannot use --workers with a --prompt as workers load their agents: put it into a file (agents.ts#Name)",
    );
  }
  if (settings.providerBatch) {
    throw new CliError("Cannot use --workers with --provider-batch as there is nothing to compute");
  }
  checkBaseUrl(agent, settings);
  const most = concurrency === "adaptive" ? Infinity : concurrency;
  const size = Math.min(workers, most);
  const perWorker = concurrency === "adaptive" ? PER_WORKER : Math.ceil(concurrency / size);
  let pool: WorkerPool | undefined;
  try {
    pool = poolOf({ module: moduleOf(reference), size, perWorker });
    await pool.prepare([agent]);
    return pool;
  } catch (cause) {
    await pool?.close();
    throw new CliError(reasonOf(cause), undefined, { cause });
  }
}

/** Workers have the server from the environment: a provider cannot be handed over to them. */
function checkBaseUrl(agent: Callable, { baseUrl }: RunSettings): void {
  const own = definitionOf(agent)?.model?.provider ?? configured().provider;
  if (baseUrl === undefined) return;
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? "")) {
    throw new CliError(`Cannot use the --base-url "${baseUrl}" as it is no URL of a server`);
  }
  if (own === undefined) return;
  throw new CliError(
    `Cannot use --base-url with --workers as the file of "${agent.name}" names a provider: say there where its server is`,
  );
}
