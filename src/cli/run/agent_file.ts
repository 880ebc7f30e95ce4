import { type Callable, isCallable } from "../../call/options/callable.ts";
import { closestString } from "@std/text/closest-string";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError, errorMessage } from "../exit_code.ts";

/** The URL of the module that is meant by `agents.ts#Name`. */
export function moduleUrl(reference: string): string {
  const file = filePart(reference);
  return /^[a-z]+:/.test(file) ? file : pathToFileURL(resolve(file)).href;
}

function filePart(reference: string): string {
  const at = reference.lastIndexOf("#");
  return at < 0 ? reference : reference.slice(0, at);
}

/** Everything in a module that can be called, by the names of its exports. */
export async function loadAgents(file: string): Promise<ReadonlyMap<string, Callable>> {
  let module: Record<string, unknown>;
  try {
    module = await import(moduleUrl(file));
  } catch (cause) {
    throw new CliError(`Cannot load the agents of ${file}: ${errorMessage(cause)}`, undefined, {
      cause,
    });
  }
  const found = new Map<string, Callable>();
  for (const [name, value] of Object.entries(module)) if (isCallable(value)) found.set(name, value);
  if (found.size === 0) throw new CliError(`Cannot use ${file} as it exports no agent or workflow`);
  return found;
}

/**
 * The agent that is meant by `agents.ts#Name`: the name of an export or of the agent. A module with only one needs no name.
 *
 * @throws {CliError} If it is not there.
 */
export async function loadAgent(reference: string): Promise<Callable> {
  const at = reference.lastIndexOf("#");
  const file = filePart(reference);
  const wanted = at < 0 ? undefined : reference.slice(at + 1);
  const found = await loadAgents(file);
  const names = [...found.keys()];
  if (wanted === undefined) {
    if (found.size === 1) return [...found.values()][0]!;
    throw new CliError(
      `Cannot tell which agent of ${file} is meant: name one of ${
        names.map((name) => `${file}#${name}`).join(", ")
      }`,
    );
  }
  const agent = found.get(wanted) ?? [...found.values()].find(({ name }) => name === wanted);
  if (agent !== undefined) return agent;
  throw new CliError(
    `Cannot find "${wanted}" in ${file}: did you mean "${closestString(wanted, names)}"?`,
  );
}
