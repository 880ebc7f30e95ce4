/**
 * The options that agents and workflows were defined with. Journals, caches and workers compare
 * them to recognize the same agent; they are not public.
 */
import type { JsonSchema } from "../model/message.ts";
import type { Failure, Result } from "../model/result.ts";
import type { Callable } from "../call/options/callable.ts";
import type { ModelAgent } from "../call/options/model_agent.ts";
import type { CallOptions } from "../call/options/options.ts";

/** The definition of an agent or a workflow. */
export interface Definition {
  /** Returns the options of the definition, by name. */
  readonly parts: () => Readonly<Record<string, unknown>>;
  /** Returns the time limit of a whole call with these options, in milliseconds. */
  readonly total: (options: CallOptions) => number | undefined;
  /**
   * Adds the fields of a workflow to a failure, such as its status, branches or steps.
   */
  readonly failed?: (failure: Failure) => Result;
  /** The agent itself, if it calls a model. */
  readonly model?: ModelAgent;
}

/** Returns the JSON Schema of a schema; `undefined` if the schema has none. */
export function schemaIfKnown(readSchema: (() => JsonSchema | undefined) | undefined): unknown {
  try {
    return readSchema?.();
  } catch {
    return undefined;
  }
}

const definitions = new WeakMap<Callable, Definition>();

/** Stores the definition of an agent or a workflow. */
export function registerDefinition(callable: Callable, definition: Definition): void {
  definitions.set(callable, definition);
}

/** Returns the definition, or `undefined` if the callable was not created by this module. */
export function definitionOf(callable: Callable): Definition | undefined {
  return definitions.get(callable);
}
