/** Encodes results, with the results of their parts, so that they can be cloned. */
import { isRecord } from "../model/check_options.ts";
import { type DigitsAt, findDigits, restoreDigits } from "../model/digits.ts";
import { linkError, type Result } from "../model/result.ts";
import { NO_COST } from "../model/usage.ts";
import {
  decodeError,
  type EncodedError,
  encodeError,
  type ErrorCodecContext,
} from "./error_codec.ts";

/** A result that can be cloned, if the values that agents have put into it can be. */
export interface EncodedResult extends Readonly<Record<string, unknown>> {
  /** Whether its cost is the constant `NO_COST`, which is compared by identity. */
  readonly free: boolean;
  /** The digits of numbers in its content and its tool calls, which cloning loses. */
  readonly digits: readonly DigitsAt[];
}

/** The properties that hold results of parts: of nested calls, of branches and of steps. */
const PARTS = ["children", "branches", "steps"] as const;

/** Returns a result in a form that can be cloned. */
export function encodeResult(result: Result, reason?: unknown): EncodedResult {
  const { error, cost, attempts, ...others } = result;
  const context = { reason, attempts };
  const encoded: Record<string, unknown> = { ...others, attempts, cost };
  if (error !== undefined) encoded.error = encodeError(error, context);
  for (const name of PARTS) {
    if (encoded[name] !== undefined) {
      encoded[name] = mapMembers(encoded[name], (part) => encodeResult(part as Result, reason));
    }
  }
  if (encoded.errors !== undefined) {
    encoded.errors = mapMembers(encoded.errors, (error) => encodeError(error, { reason }));
  }
  const { content, toolCalls } = result;
  return { ...encoded, free: cost === NO_COST, digits: findDigits({ content, toolCalls }) };
}

/** Returns the decoded result. */
export function decodeResult(
  { free, digits, ...encoded }: EncodedResult,
  reason?: unknown,
): Result {
  const result: Record<string, unknown> = { ...encoded };
  restoreDigits(result, digits);
  if (free) result.cost = NO_COST;
  const context = { reason, attempts: encoded.attempts } as ErrorCodecContext;
  if (encoded.error !== undefined) {
    result.error = decodeError(encoded.error as EncodedError, context);
  }
  for (const name of PARTS) {
    if (encoded[name] !== undefined) {
      result[name] = mapMembers(
        encoded[name],
        (part) => decodeResult(part as EncodedResult, reason),
      );
    }
  }
  if (encoded.errors !== undefined) {
    // An error of a branch is one object, in `errors` and in the branch.
    const branches = (result.branches ?? {}) as Readonly<Record<string, Result>>;
    result.errors = mapMembers(
      encoded.errors,
      (error, name) => branches[name]?.error ?? decodeError(error as EncodedError, { reason }),
    );
  }
  const decoded = result as unknown as Result;
  return decoded.ok ? decoded : linkError(decoded);
}

/** Drops what cannot be cloned from a result whose own content can be. */
export function withoutUncloneable(encoded: EncodedResult): EncodedResult {
  return dropUncloneable(encoded, ["metadata", "toolCalls", "response"]);
}

function dropUncloneable(encoded: EncodedResult, names: readonly string[]): EncodedResult {
  const reduced: Record<string, unknown> = { ...encoded };
  for (const name of names) {
    if (!canBeCloned(reduced[name])) reduced[name] = name === "toolCalls" ? [] : undefined;
  }
  const partNames = ["metadata", "toolCalls", "response", "content"];
  for (const name of PARTS) {
    if (reduced[name] !== undefined) {
      reduced[name] = mapMembers(
        reduced[name],
        (part) => dropUncloneable(part as EncodedResult, partNames),
      );
    }
  }
  return reduced as unknown as EncodedResult;
}

/** Whether a value can be sent to another isolate. */
export function canBeCloned(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function mapMembers(
  list: unknown,
  fn: (part: unknown, name: string) => unknown,
): unknown {
  if (Array.isArray(list)) return list.map((part, i) => fn(part, String(i)));
  if (!isRecord(list)) return list;
  return Object.fromEntries(Object.entries(list).map(([name, part]) => [name, fn(part, name)]));
}
