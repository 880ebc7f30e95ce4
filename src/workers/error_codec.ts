/**
 * Encodes errors so that they can be cloned, and decodes them to the same classes, codes and
 * causes.
 */
import { ProviderError, type ProviderErrorOptions, RunError } from "../model/errors.ts";
import { AgentError, type AgentErrorOptions } from "../model/result.ts";
import type { Attempt } from "../model/attempt.ts";

/** An error in a form that can be cloned. */
export type EncodedError =
  | {
    readonly kind: "agent";
    readonly message: string;
    readonly stack?: string;
    readonly options: Omit<AgentErrorOptions, "cause" | "attempts">;
    /** Absent if they are those of the result that the error belongs to. */
    readonly attempts?: readonly Attempt[];
    readonly cause?: EncodedError;
  }
  | {
    readonly kind: "provider";
    readonly message: string;
    readonly stack?: string;
    readonly options: Omit<ProviderErrorOptions, "cause">;
    readonly cause?: EncodedError;
  }
  | {
    readonly kind: "run";
    readonly message: string;
    readonly stack?: string;
    readonly errors: readonly EncodedError[];
    readonly cause?: EncodedError;
  }
  | {
    readonly kind: "error";
    readonly name: string;
    readonly message: string;
    readonly stack?: string;
    /** Its other properties, if they are primitive values. */
    readonly properties: Readonly<Record<string, unknown>>;
    readonly cause?: EncodedError;
  }
  | { readonly kind: "dom"; readonly name: string; readonly message: string }
  /** The reason that the signal of the call was aborted with. */
  | { readonly kind: "reason" }
  | { readonly kind: "value"; readonly value: unknown };

/** The context of encoding and decoding. */
export interface ErrorCodecContext {
  /** The reason that the signal of the call was aborted with. Both sides know it. */
  readonly reason?: unknown;
  /** The attempts of the result that the error belongs to. They are not encoded twice. */
  readonly attempts?: readonly Attempt[];
}

/** Chains of causes may be circular: deeper causes are dropped. */
const MAX_CAUSE_DEPTH = 8;

/** Returns an error, or any other thrown value, in a form that can be cloned. */
export function encodeError(
  thrown: unknown,
  context: ErrorCodecContext = {},
  depth = 0,
): EncodedError {
  if (context.reason !== undefined && thrown === context.reason) return { kind: "reason" };
  if (thrown instanceof DOMException) {
    return { kind: "dom", name: thrown.name, message: thrown.message };
  }
  if (!(thrown instanceof Error)) return { kind: "value", value: cloneable(thrown) };
  const { message, stack } = thrown;
  const inner = { reason: context.reason };
  const cause = thrown.cause === undefined || depth === MAX_CAUSE_DEPTH
    ? undefined
    : encodeError(thrown.cause, inner, depth + 1);
  const base = { message, stack, cause };
  if (thrown instanceof AgentError) {
    const { code, agent, model, usage, status, retryAfterMs, retryable, issues, text } = thrown;
    const { messages, finishReason } = thrown;
    return {
      kind: "agent",
      ...base,
      options: {
        code,
        agent,
        model,
        usage,
        status,
        retryAfterMs,
        retryable,
        // Symbols cannot be cloned.
        issues: issues?.map(({ message, path }) => ({
          message,
          path: path?.map((key) => typeof key === "symbol" ? String(key) : key),
        })),
        text,
        messages,
        finishReason,
      },
      ...(thrown.attempts !== context.attempts && { attempts: thrown.attempts }),
    };
  }
  if (thrown instanceof ProviderError) {
    const { code, status, retryAfterMs, retryable, rates, text } = thrown;
    const { usage, cost, serviceTier, longCacheWriteTokens, servedModel } = thrown;
    const options = {
      code,
      status,
      retryAfterMs,
      retryable,
      usage,
      cost,
      serviceTier,
      longCacheWriteTokens,
      servedModel,
      rates,
      text,
    };
    return { kind: "provider", ...base, options };
  }
  if (thrown instanceof RunError) {
    const errors = depth === MAX_CAUSE_DEPTH
      ? []
      : thrown.errors.map((error) => encodeError(error, inner, depth + 1));
    return { kind: "run", ...base, errors };
  }
  return { kind: "error", name: thrown.name, ...base, properties: primitiveProperties(thrown) };
}

/** Returns the decoded error. */
export function decodeError(encoded: EncodedError, context: ErrorCodecContext = {}): unknown {
  switch (encoded.kind) {
    case "reason":
      return context.reason;
    case "value":
      return encoded.value;
    case "dom":
      return new DOMException(encoded.message, encoded.name);
  }
  const inner = { reason: context.reason };
  const cause = encoded.cause && decodeError(encoded.cause, inner);
  const error = createError(encoded, cause, context);
  if (encoded.stack !== undefined) defineHidden(error, "stack", encoded.stack);
  return error;
}

type EncodedErrorObject = Extract<EncodedError, { readonly stack?: string }>;

function createError(
  encoded: EncodedErrorObject,
  cause: unknown,
  context: ErrorCodecContext,
): Error {
  const { message } = encoded;
  switch (encoded.kind) {
    case "agent": {
      const attempts = encoded.attempts ?? context.attempts;
      return new AgentError(message, { ...encoded.options, attempts, cause });
    }
    case "provider":
      return new ProviderError(message, { ...encoded.options, cause });
    case "run": {
      const errors = encoded.errors.map((error) => decodeError(error, { reason: context.reason }));
      return new RunError(message, { errors, results: [], cause });
    }
    case "error": {
      const Known = BUILT_IN_ERRORS.find(({ name }) => name === encoded.name);
      const error = new (Known ?? Error)(message, cause === undefined ? undefined : { cause });
      if (Known === undefined) defineHidden(error, "name", encoded.name);
      return Object.assign(error, encoded.properties);
    }
  }
}

const BUILT_IN_ERRORS = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
];

/** Defines a property that is not enumerable, so that printing the error does not show it twice. */
function defineHidden(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}

/**
 * Returns the primitive properties of an error, such as the `code` of a system error. Objects may
 * hold anything, keys included, and are left out.
 */
function primitiveProperties(error: Error): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(error).filter(([name, value]) =>
      name !== "cause" && ["string", "number", "boolean"].includes(typeof value)
    ),
  );
}

function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}
