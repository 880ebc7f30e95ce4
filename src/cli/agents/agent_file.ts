import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { closestName, shortName } from "../../model/names/closest_name.ts";
import { definitionOf } from "../../agent/definition.ts";
import { type Callable, isCallable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { CliError, hasCode } from "../cli_error.ts";
import { runtimeOf } from "../runtime.ts";
import { VERSION } from "../version.ts";
import { moduleUrl, splitReference } from "./agent_reference.ts";
import { checkScheme, toLoadError } from "./load_error.ts";

/**
 * Loads a module, and returns its agents and workflows by the names of their exports.
 *
 * @throws {CliError} If it cannot be loaded, or exports none.
 */
export async function loadAgents(file: string): Promise<ReadonlyMap<string, Callable>> {
  const agents = new Map<string, Callable>();
  for (const [name, value] of Object.entries(await importModule(file))) {
    if (isCallable(value)) agents.set(name, value);
    // Node finds only some of the names that CommonJS exports.
    else if (name === "default" && isRecord(value)) addMembers(agents, value);
  }
  if (agents.size === 0) {
    throw new CliError(`Cannot use ${file} as it exports no agent or workflow`);
  }
  for (const agent of agents.values()) checkCopy(file, agent);
  return agents;
}

/**
 * Loads the agent of a reference such as `agents.ts#Name`, by the name of the export or of the
 * agent. The name may be left out if the module exports only one.
 *
 * @throws {CliError} If there is no such agent.
 */
export async function loadAgent(reference: string): Promise<Callable> {
  const { file, name } = splitReference(reference);
  const agents = await loadAgents(file);
  const names = [...agents.keys()];
  if (name === undefined) {
    if (agents.size === 1) return [...agents.values()][0]!;
    const references = names.map((one) => `${file}#${one}`).join(", ");
    throw new CliError(
      `Cannot run ${file} as it exports more than one agent: name one of ${references}`,
    );
  }
  const agent = agents.get(name) ?? [...agents.values()].find((one) => one.name === name);
  if (agent !== undefined) return agent;
  throw new CliError(
    `Cannot find "${shortName(name)}" in ${file}: did you mean "${closestName(name, names)}"?`,
  );
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  const url = moduleUrl(file);
  checkScheme(file, url);
  await checkExists(file, url);
  try {
    return await import(url);
  } catch (cause) {
    throw toLoadError(file, cause);
  }
}

/** Errors of `import` do not distinguish this file from one that it imports. */
async function checkExists(file: string, url: string): Promise<void> {
  if (!url.startsWith("file:")) return;
  try {
    await stat(fileURLToPath(url));
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) return;
    throw new CliError(`Cannot load the agents of ${file} as there is no such file`, { cause });
  }
}

function addMembers(agents: Map<string, Callable>, exports: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(exports)) {
    if (isCallable(value) && !agents.has(name)) agents.set(name, value);
  }
}

/**
 * Checks that an agent was defined by this copy of the package: only then it knows the limits, the
 * budget and the journal of a run.
 */
function checkCopy(file: string, agent: Callable): void {
  const { call, with: override } = agent as { call?: unknown; with?: unknown };
  if (definitionOf(agent) !== undefined) return;
  // An object that the user has written, with the methods that are required.
  if (typeof call !== "function" || typeof override !== "function") return;
  throw new CliError(
    `Cannot use ${file} as it imports another copy of @shoal/agents than this command, which is ` +
      `version ${VERSION}: ` +
      (runtimeOf() === "deno"
        ? `import jsr:@shoal/agents@${VERSION} there, or run the version that it imports`
        : "run the copy that is installed there, with npx shoal in that folder"),
  );
}
