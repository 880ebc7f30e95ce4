/** Results on their way from a worker, with those of their parts. */
import { isRecord } from "../model/check_options.ts";
import { linkError, type Result } from "../model/result.ts";
import { NO_COST } from "../model/usage.ts";
import { type CodedError, decodeError, encodeError, type ErrorContext } from "./error_codec.ts";

/** A result that can be cloned, if what the caller's code put into it can. */
export interface CodedResult extends Readonly<Record<string, unknown>> {
  /** Did it cost nothing, for certain? There is one object that says so. */
  readonly free: boolean;
}

/** Where the results of parts stand: those of a call, and those of workflows by name and in order. */
const PARTS = ["children", "branches", "steps"] as const;

/** Makes a result fit to be cloned. */
export function encodeResult(result: Result, reason?: unknown): CodedResult {
  const { error, cost, attempts, ...others } = result;
  const context = { reason, attempts };
  const coded: Record<string, unknown> = { ...others, attempts, cost };
  if (error !== undefined) coded.error = encodeError(error, context);
  for (const name of PARTS) {
    if (coded[name] !== undefined) {
      coded[name] = each(coded[name], (part) => encodeResult(part as Result, reason));
    }
  }
  if (coded.errors !== undefined) {
    coded.errors = each(coded.errors, (error) => encodeError(error, { reason }));
  }
  return { ...coded, free: cost === NO_COST };
}

/** The result again. */
export function decodeResult({ free, ...coded }: CodedResult, reason?: unknown): Result {
  const result: Record<string, unknown> = { ...coded };
  if (free) result.cost = NO_COST;
  const context = { reason, attempts: coded.attempts } as ErrorContext;
  if (coded.error !== undefined) result.error = decodeError(coded.error as CodedError, context);
  for (const name of PARTS) {
    if (coded[name] !== undefined) {
      result[name] = each(coded[name], (part) => decodeResult(part as CodedResult, reason));
    }
  }
  if (coded.errors !== undefined) {
    // An error of a branch is one object, in `errors` and in the branch.
    const branches = (result.branches ?? {}) as Readonly<Record<string, Result>>;
    result.errors = each(
      coded.errors,
      (error, name) => branches[name]?.error ?? decodeError(error as CodedError, { reason }),
    );
  }
  const decoded = result as unknown as Result;
  return decoded.ok ? decoded : linkError(decoded);
}

/** What of a result cannot be cloned is left out, but for the content: without that it is worth nothing. */
export function withoutUncloneable(coded: CodedResult, top = true): CodedResult {
  const reduced: Record<string, unknown> = { ...coded };
  for (const name of ["metadata", "toolCalls", ...(top ? [] : ["content"])]) {
    if (!canBeCloned(reduced[name])) reduced[name] = name === "toolCalls" ? [] : undefined;
  }
  for (const name of PARTS) {
    if (reduced[name] !== undefined) {
      reduced[name] = each(reduced[name], (p) => withoutUncloneable(p as CodedResult, false));
    }
  }
  return reduced as unknown as CodedResult;
}

/** Can it be handed to another isolate? */
export function canBeCloned(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function each(list: unknown, fn: (part: unknown, name: string) => unknown): unknown {
  if (Array.isArray(list)) return list.map((part, i) => fn(part, String(i)));
  if (!isRecord(list)) return list;
  return Object.fromEntries(Object.entries(list).map(([name, part]) => [name, fn(part, name)]));
}
