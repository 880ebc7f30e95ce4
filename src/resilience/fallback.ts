import {
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  type Rules,
  text,
} from "../model/check_options.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";
import type { Provider } from "../model/provider.ts";

/** What another model may be able to do although this one could not. Our own mistakes and our own limits are not among it. */
const WORTH_ANOTHER_MODEL: ReadonlySet<ErrorCode> = new Set([
  "rate_limited",
  "network",
  "provider",
  "timeout",
  "circuit_open",
  "truncated",
  "filtered",
  "invalid_output",
]);

/** What {@linkcode withFallbacks} needs beside the models. */
export interface FallbackHooks<M> {
  /** Says whether there may be another answer at all. */
  readonly mayGoOn: () => boolean;
  /** Told before the next model is asked. */
  readonly onFallback: (model: M, error: AgentError) => void;
  /** Makes the error of a call for which every model failed, from theirs. */
  readonly exhausted: (errors: readonly AgentError[]) => AgentError;
}

/**
 * Asks one model after another until one answers.
 *
 * @throws {AgentError} The error of the only model, or of one that another model would not help; otherwise what
 * `exhausted` makes.
 */
export async function withFallbacks<M, T>(
  models: readonly M[],
  ask: (model: M) => Promise<T>,
  hooks: FallbackHooks<M>,
): Promise<T> {
  const errors: AgentError[] = [];
  for (const [i, model] of models.entries()) {
    try {
      return await ask(model);
    } catch (thrown) {
      const error = thrown as AgentError;
      errors.push(error);
      // What is thrown after an abort is the signal's reason, which may be anything.
      if (!hooks.mayGoOn() || !WORTH_ANOTHER_MODEL.has(error.code)) throw error;
      const next = models[i + 1];
      if (next !== undefined) hooks.onFallback(next, error);
    }
  }
  throw models.length === 1 ? errors[0]! : hooks.exhausted(errors);
}

/** The rule for an option `fallbackModels`, in which everything but `model` follows the rules given. */
export function fallbackModels(rules: Rules): Rule {
  return (doing, name, value) => {
    if (!Array.isArray(value)) refuse(doing, name, "a list of models", value);
    const seen = new Map<unknown, Set<unknown>>();
    for (const [i, model] of value.entries()) {
      const where = `${name}[${i}]`;
      if (isRecord(model)) {
        text(doing, `${where}.model`, model.model);
        checkOptions(doing, model, { ...rules, model: text });
      } else {
        text(doing, where, model);
      }
      // The same model at another provider is another one.
      const { model: id, provider } = isRecord(model) ? model : { model, provider: undefined };
      const models = seen.get(provider) ?? new Set();
      if (models.has(id)) {
        throw new TypeError(`Cannot ${doing} as ${where} repeats a model that stands before it`);
      }
      seen.set(provider, models.add(id));
    }
  };
}

/**
 * A fallback that is the model itself, which has just failed, says something that can't be meant.
 *
 * @throws {TypeError} If there is one.
 */
export function refuseOwnFallback(
  doing: string,
  { model, provider, fallbackModels = [] }: {
    readonly model?: string;
    readonly provider?: Provider;
    readonly fallbackModels?: readonly (
      | string
      | { readonly model: string; readonly provider?: Provider }
    )[];
  },
): void {
  for (const other of fallbackModels) {
    const { model: id, provider: at = provider } = typeof other === "string"
      ? { model: other }
      : other;
    if (id === model && at === provider) {
      throw new TypeError(
        `Cannot ${doing} as fallbackModels repeats its own model: name other ones`,
      );
    }
  }
}
