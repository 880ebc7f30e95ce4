/** Checks values whose numbers have more digits than a JavaScript number holds. */
import { carryDigits, copyDigits, digitsOf, hasDigits, rememberDigits } from "../model/digits.ts";
import type { Issue } from "../model/errors.ts";
import type { Validated, Validator } from "./validator.ts";

/** What a number becomes: its digits as text, or the nearest number. */
type Form = "text" | "number";

/**
 * Wraps a validator, for integers that were read from JSON as a bigint: where the schema does not
 * accept a bigint they become a text, and where it accepts no text either the nearest number. The
 * digits are remembered beside the value that the schema returns.
 */
export function withDigits(validate: Validator): Validator {
  return (value) =>
    typeof value === "bigint" || hasDigits(value)
      ? validateDigits(value, validate)
      : validate(value);
}

async function validateDigits(value: unknown, validate: Validator): Promise<Validated> {
  let form = value;
  let best = await validate(value);
  let last = best;
  async function attempt(next: unknown): Promise<void> {
    if (best.ok || next === form) return;
    form = next;
    last = await validate(form);
    // Otherwise the new form of a number has caused more issues.
    if (last.ok || best.ok || last.issues.length <= best.issues.length) best = last;
  }
  if (!last.ok) await attempt(convert(value, "text", last.issues));
  // The schema may not accept these texts either.
  if (!last.ok) await attempt(convert(form, "number", last.issues, value));
  await attempt(convert(value, "number"));
  if (best.ok) carryDigits(form, best.value);
  return best;
}

/**
 * Returns a copy of the value with another form of the integers with digits, or only of those at
 * the places of issues. `original` has the bigints of a value whose integers were texts.
 */
function convert(
  value: unknown,
  form: Form,
  issues?: readonly Issue[],
  original: unknown = value,
): unknown {
  const paths = issues?.map(({ path = [] }) => path.map(String));
  function copy(part: unknown, source: unknown, path: readonly string[]): unknown {
    if (typeof source !== "object" || source === null) return part;
    let converted: Record<string, unknown> | undefined;
    for (const name of Object.keys(source)) {
      const inner = [...path, name];
      const before = (part as Record<string, unknown>)[name];
      const member = (source as Record<string, unknown>)[name];
      let after = before;
      if (typeof member === "bigint") {
        const digits = digitsOf(source, name);
        if (digits !== undefined && isAt(inner, paths)) after = formOf(digits, form);
      } else after = copy(before, member, inner);
      if (after === before) continue;
      converted ??= copyOf(part as object);
      converted[name] = after;
      if (typeof after === "number") rememberDigits(converted, name, digitsOf(source, name)!);
    }
    return converted ?? part;
  }
  if (typeof original !== "bigint") return copy(value, original, []);
  return formOf(String(original), form);
}

function formOf(digits: string, form: Form): string | number {
  return form === "text" ? digits : Number(digits);
}

/** Whether a path leads to the place of an issue, or into it. */
function isAt(path: readonly string[], places: readonly (readonly string[])[] | undefined) {
  return places === undefined ||
    places.some((place) => place.every((name, i) => name === path[i]));
}

function copyOf(value: object): Record<string, unknown> {
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copyDigits(value, copy);
  return copy;
}
