/** Checks the fields of requests to OpenAI's API one by one. */
import { invalidField, unknownParameter, unsupportedField } from "./request_problem.ts";

/**
 * Checks the value of a field.
 *
 * @throws {Problem} If the value is not valid, or not supported.
 */
export type FieldRule = (name: string, value: unknown) => void;

/** A field that is parsed elsewhere. */
export const used: FieldRule = () => {};

/** A field that does not influence the answer, such as one for OpenAI's own records. */
export const ignored: FieldRule = () => {};

/** A field that is supported with some values only: `must` says which, and why. */
export function supportedIf(must: string, test: (value: unknown) => boolean): FieldRule {
  return (name, value) => {
    if (!test(value)) throw unsupportedField(`must be ${must}`, name);
  };
}

/** A field whose other values are not valid. */
export function validIf(must: string, test: (value: unknown) => boolean): FieldRule {
  return (name, value) => {
    if (!test(value)) throw invalidField(`must be ${must}`, name);
  };
}

/**
 * Checks all fields of an object. As with OpenAI's server, unknown ones are rejected, and `null`
 * means that a field is absent.
 *
 * @throws {Problem} If a field is unknown, not valid or not supported.
 */
export function checkFields(
  fields: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, FieldRule>>,
): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(rules, name)) throw unknownParameter(name);
    if (value !== null && value !== undefined) rules[name]!(name, value);
  }
}
