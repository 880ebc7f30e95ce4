import { type Callable, isCallable } from "../../call/options/callable.ts";
import { closestString } from "@std/text/closest-string";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError, errorMessage } from "../cli_error.ts";

/** Returns the URL of the module in a reference such as `agents.ts#Name`. */
export function moduleUrl(reference: string): string {
  const { file } = splitReference(reference);
  return /^[a-z]+:/.test(file) ? file : pathToFileURL(resolve(file)).href;
}

function splitReference(reference: string): { readonly file: string; readonly name?: string } {
  const at = reference.lastIndexOf("#");
  return at < 0
    ? { file: reference }
    : { file: reference.slice(0, at), name: reference.slice(at + 1) };
}

/**
 * Loads a module, and returns its agents and workflows by the names of their exports.
 *
 * @throws {CliError} If it cannot be loaded, or exports none.
 */
export async function loadAgents(file: string): Promise<ReadonlyMap<string, Callable>> {
  let module: Record<string, unknown>;
  try {
    module = await import(moduleUrl(file));
  } catch (cause) {
    throw new CliError(`Cannot load the agents of ${file}: ${errorMessage(cause)}`, { cause });
  }
  const agents = new Map<string, Callable>();
  for (const [name, value] of Object.entries(module)) {
    if (isCallable(value)) agents.set(name, value);
  }
  if (agents.size > 0) return agents;
  throw new CliError(`Cannot use ${file} as it exports no agent or workflow`);
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
    `Cannot find "${name}" in ${file}: did you mean "${closestString(name, names)}"?`,
  );
}
