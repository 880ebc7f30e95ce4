/**
 * The options that agents and workflows were defined with. Journals, caches and workers compare
 * them to recognize the same agent; they are not public.
 */
import type { JsonSchema } from "../model/message.ts";
import type { Failure, Result } from "../model/result.ts";
import type { Callable } from "../call/options/callable.ts";
import type { ModelAgent } from "../call/options/model_agent.ts";
import type { CallOptions } from "../call/options/options.ts";

/** What something callable was defined with. */
export interface Definition {
  /** What was said of it, by the names of the options. */
  readonly parts: () => Readonly<Record<string, unknown>>;
  /** The time a whole call may take with these options, in milliseconds. */
  readonly total: (options: CallOptions) => number | undefined;
  /**
   * Adds to a plain failure what a workflow of this kind has beside: its status, branches or steps.
   */
  readonly failed?: (failure: Failure) => Result;
  /** The agent itself, if it asks a model. */
  readonly model?: ModelAgent;
}

/** Returns the JSON Schema of a schema; `undefined` if the schema has none. */
export function schemaIfKnown(tell: (() => JsonSchema | undefined) | undefined): unknown {
  try {
    return tell?.();
  } catch {
    return undefined;
  }
}

const definitions = new WeakMap<Callable, Definition>();

/** Remembers what it was defined with. */
export function remember(callable: Callable, definition: Definition): void {
  definitions.set(callable, definition);
}

/** What it was defined with; `undefined` if it was made by hand. */
export function definitionOf(callable: Callable): Definition | undefined {
  return definitions.get(callable);
}
