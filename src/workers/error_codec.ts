/** Errors on their way between isolates: they come out as what they went in as, with their codes and causes. */
import { ProviderError, type ProviderErrorOptions, RunError } from "../model/errors.ts";
import { AgentError, type AgentErrorOptions, type Attempt } from "../model/result.ts";

/** An error that can be cloned. */
export type CodedError =
  | {
    readonly kind: "agent";
    readonly message: string;
    readonly stack?: string;
    readonly options: Omit<AgentErrorOptions, "cause" | "attempts">;
    /** Absent if it shares the list of its result. */
    readonly attempts?: readonly Attempt[];
    readonly cause?: CodedError;
  }
  | {
    readonly kind: "provider";
    readonly message: string;
    readonly stack?: string;
    readonly options: Omit<ProviderErrorOptions, "cause">;
    readonly cause?: CodedError;
  }
  | {
    readonly kind: "batch";
    readonly message: string;
    readonly stack?: string;
    readonly errors: readonly CodedError[];
    readonly cause?: CodedError;
  }
  | {
    readonly kind: "error";
    readonly name: string;
    readonly message: string;
    readonly stack?: string;
    /** What else it says of itself, in single values. */
    readonly more: Readonly<Record<string, unknown>>;
    readonly cause?: CodedError;
  }
  | { readonly kind: "dom"; readonly name: string; readonly message: string }
  /** What the signal of the call was aborted with. */
  | { readonly kind: "reason" }
  | { readonly kind: "value"; readonly value: unknown };

/** What errors are coded with. */
export interface ErrorContext {
  /** What the signal of the call was aborted with: it is known on both sides. */
  readonly reason?: unknown;
  /** The attempts of the result that the error belongs to. */
  readonly attempts?: readonly Attempt[];
}

/** A chain of causes may be a ring. */
const DEEPEST = 8;

/** Makes an error, or whatever else was thrown, fit to be cloned. */
export function encodeError(thrown: unknown, context: ErrorContext = {}, depth = 0): CodedError {
  if (context.reason !== undefined && thrown === context.reason) return { kind: "reason" };
  if (thrown instanceof DOMException) {
    return { kind: "dom", name: thrown.name, message: thrown.message };
  }
  if (!(thrown instanceof Error)) return { kind: "value", value: cloneable(thrown) };
  const { message, stack } = thrown;
  const inner = { reason: context.reason };
  const cause = thrown.cause === undefined || depth === DEEPEST
    ? undefined
    : encodeError(thrown.cause, inner, depth + 1);
  const base = { message, stack, cause };
  if (thrown instanceof AgentError) {
    const { code, agent, model, usage, status, retryAfterMs, retryable, issues, text } = thrown;
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
        // A symbol in a path cannot be cloned.
        issues: issues?.map(({ message, path }) => ({
          message,
          path: path?.map((key) => typeof key === "symbol" ? String(key) : key),
        })),
        text,
      },
      ...(thrown.attempts !== context.attempts && { attempts: thrown.attempts }),
    };
  }
  if (thrown instanceof ProviderError) {
    const { code, status, retryAfterMs, retryable, usage, rates, text } = thrown;
    const options = { code, status, retryAfterMs, retryable, usage, rates, text };
    return { kind: "provider", ...base, options };
  }
  if (thrown instanceof RunError) {
    const errors = depth === DEEPEST
      ? []
      : thrown.errors.map((error) => encodeError(error, inner, depth + 1));
    return { kind: "batch", ...base, errors };
  }
  return { kind: "error", name: thrown.name, ...base, more: singleValues(thrown) };
}

/** The error again. */
export function decodeError(coded: CodedError, context: ErrorContext = {}): unknown {
  switch (coded.kind) {
    case "reason":
      return context.reason;
    case "value":
      return coded.value;
    case "dom":
      return new DOMException(coded.message, coded.name);
  }
  const inner = { reason: context.reason };
  const cause = coded.cause && decodeError(coded.cause, inner);
  const error = made(coded, cause, context);
  if (coded.stack !== undefined) hide(error, "stack", coded.stack);
  return error;
}

type CodedObject = Extract<CodedError, { readonly stack?: string }>;

function made(coded: CodedObject, cause: unknown, context: ErrorContext): Error {
  const { message } = coded;
  switch (coded.kind) {
    case "agent": {
      const attempts = coded.attempts ?? context.attempts;
      return new AgentError(message, { ...coded.options, attempts, cause });
    }
    case "provider":
      return new ProviderError(message, { ...coded.options, cause });
    case "batch": {
      const errors = coded.errors.map((error) => decodeError(error, { reason: context.reason }));
      return new RunError(message, { errors, results: [], cause });
    }
    case "error": {
      const Known = KNOWN.find(({ name }) => name === coded.name);
      const error = new (Known ?? Error)(message, cause === undefined ? undefined : { cause });
      if (Known === undefined) hide(error, "name", coded.name);
      return Object.assign(error, coded.more);
    }
  }
}

const KNOWN = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];

/** Sets a property as errors have it: printing the error does not print it once more. */
function hide(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, {
    value,
    enumerable: false,
    writable: true,
    configurable: true,
  });
}

/** A system error's `code`, say. What is in objects may be anything, keys included, and stays where it is. */
function singleValues(error: Error): Record<string, unknown> {
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
