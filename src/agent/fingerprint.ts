import { createHash } from "node:crypto";
import { inOrder } from "../model/in_order.ts";
import type { Callable } from "./callable.ts";
import type { ModelAgent } from "./call.ts";
import { settingsOf } from "./options.ts";
import type { RunAgent } from "./run_agent.ts";

/** The method by which agents and workflows tell what they are made of. Whoever has none is known by its name alone. */
export const DEFINITION = Symbol("definition");

const known = new WeakMap<Callable, string>();

/**
 * A text of 64 hexadecimal digits that is the same for all that is defined alike, in any process, and another one as soon as a
 * model, a prompt, a setting, a schema or a tool's description is changed. Of functions their source text counts: what it refers to
 * is not seen. What only makes a call survive does not count: provider, retries, timeouts, fallbacks, limits, caches, hooks.
 */
export function fingerprintOf(callable: Callable): string {
  let fingerprint = known.get(callable);
  if (fingerprint === undefined) {
    const text = JSON.stringify(inOrder(definitionOf(callable), String));
    fingerprint = createHash("sha256").update(text).digest("hex");
    known.set(callable, fingerprint);
  }
  return fingerprint;
}

/** What it is made of: the parts of a workflow stand in that of the whole. */
export function definitionOf(callable: Callable): unknown {
  const own = (callable as { [DEFINITION]?: () => unknown })[DEFINITION];
  return [callable.name, own?.call(callable)];
}

/** What an agent that asks a model is made of. */
export function modelDefinition(agent: ModelAgent): unknown {
  return {
    model: agent.model,
    system: agent.system,
    prompt: sourceOf(agent.prompt),
    settings: settingsOf(agent, {}),
    output: agent.output?.schema.schema,
    params: schemaOf(agent),
    tools: agent.tools?.map(({ spec }) => spec),
    maxSteps: agent.maxSteps,
  };
}

/** What an agent made of others is made of. */
export function runDefinition(agent: RunAgent): unknown {
  return { run: sourceOf(agent.run), params: schemaOf(agent) };
}

/** The text of a function; other values as they are. */
export function sourceOf(value: unknown): unknown {
  return typeof value === "function" ? String(value) : value;
}

/** The JSON Schema of the parameters. Some schemas have none: they are then no part of the definition. */
function schemaOf({ input }: Pick<ModelAgent, "input">): unknown {
  try {
    return input?.json();
  } catch {
    return undefined;
  }
}
