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

/**
 * Failures that another model may not have. Errors of ours and our own limits are not among them.
 */
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

/** Callbacks of {@linkcode withFallbacks}. */
export interface FallbackHooks<M> {
  /** Whether another model may still be called. */
  readonly mayContinue: () => boolean;
  /** Called before the next model is. */
  readonly onFallback: (model: M, error: AgentError) => void;
  /** Returns the error of a call for which every model failed. */
  readonly exhausted: (errors: readonly AgentError[]) => AgentError;
}

/**
 * Calls one model after another until one succeeds.
 *
 * @throws {AgentError} The error of the only model, or the first error that no other model could
 * avoid; otherwise the result of `exhausted`.
 */
export async function withFallbacks<M, T>(
  models: readonly M[],
  call: (model: M) => Promise<T>,
  hooks: FallbackHooks<M>,
): Promise<T> {
  const errors: AgentError[] = [];
  for (const [i, model] of models.entries()) {
    try {
      return await call(model);
    } catch (thrown) {
      const error = thrown as AgentError;
      errors.push(error);
      // After an abort, `thrown` is the reason of the signal, which may be any value.
      if (!hooks.mayContinue() || !WORTH_ANOTHER_MODEL.has(error.code)) throw error;
      const next = models[i + 1];
      if (next !== undefined) hooks.onFallback(next, error);
    }
  }
  throw models.length === 1 ? errors[0]! : hooks.exhausted(errors);
}

/** Returns the rule for `fallbackModels`. The options beside `model` follow the given rules. */
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
      // The same name at another provider is another model.
      const { model: id, provider } = isRecord(model) ? model : { model, provider: undefined };
      const models = seen.get(provider) ?? new Set();
      if (models.has(id)) {
        throw new TypeError(`Cannot ${doing} as ${where} repeats an earlier model`);
      }
      seen.set(provider, models.add(id));
    }
  };
}

/**
 * Rejects fallback models that equal the model itself.
 *
 * @throws {TypeError} If one of them does.
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
        `Cannot ${doing} as fallbackModels repeats its own model: name other models`,
      );
    }
  }
}
