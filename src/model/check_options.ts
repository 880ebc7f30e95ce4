/**
 * Validates options at once, with messages of one form: "Cannot run the batch as concurrency must
 * be a positive integer: current value is 0". Throws `RangeError` for a number out of range and
 * `TypeError` for everything else.
 */
import { closestName, shortName } from "./names/closest_name.ts";

/** Checks one value. `doing` is what fails, such as "run the batch"; `name` is the option. */
export type Rule = (doing: string, name: string, value: unknown) => void;

/** A rule for each option. */
export type Rules = Readonly<Record<string, Rule>>;

/** A rule for each option of `T`: an option without a rule does not compile. */
export type RulesFor<T> = { readonly [K in keyof T]-?: Rule };

/**
 * Checks an options object: each name must have a rule, and each value must pass it. An option that
 * is `undefined` counts as absent.
 *
 * @throws {TypeError} If an option is unknown or has the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function checkOptions(doing: string, options: unknown, rules: Rules): void {
  if (options === undefined) return;
  if (!isRecord(options)) refuse(doing, "its options", "an object", options);
  for (const name in options) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      throw new TypeError(
        `Cannot ${doing} as there is no option "${shortName(name)}"${
          adviceFor(name, Object.keys(rules))
        }`,
      );
    }
    if (options[name] !== undefined) rule(doing, name, options[name]);
  }
}

/** What replaced options of former versions, where the nearest name does not show it. */
const REPLACED: Readonly<Record<string, { readonly option: string; readonly use: string }>> = {
  maxCost: { option: "budget", use: "budget: { cost }" },
};

function adviceFor(name: string, known: readonly string[]): string {
  const replaced = Object.hasOwn(REPLACED, name) ? REPLACED[name] : undefined;
  if (replaced !== undefined && known.includes(replaced.option)) return `: use "${replaced.use}"`;
  const closest = closestName(name, known);
  return closest === undefined ? "" : `: did you mean "${closest}"?`;
}

/** Throws a `TypeError` for an invalid value. */
export function refuse(doing: string, name: string, must: string, value: unknown): never {
  throw new TypeError(
    `Cannot ${doing} as ${name} must be ${must}: current value is ${show(value)}`,
  );
}

/** Whether the value is an object and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the rule for a number that passes the test. */
export function numberThat(must: string, test: (value: number) => boolean): Rule {
  return (doing, name, value) => {
    if (typeof value !== "number") refuse(doing, name, must, value);
    if (!test(value)) {
      throw new RangeError(`Cannot ${doing} as ${name} must be ${must}: current value is ${value}`);
    }
  };
}

/** 1, 2, 3, … */
export const positiveInteger: Rule = numberThat(
  "a positive integer",
  (n) => Number.isSafeInteger(n) && n > 0,
);

/** 0, 1, 2, … */
export const wholeNumber: Rule = numberThat(
  "a whole number, 0 or more",
  (n) => Number.isSafeInteger(n) && n >= 0,
);

/** A duration above zero, in milliseconds. */
export const positiveMs: Rule = numberThat(
  "a positive number of milliseconds",
  (n) => Number.isFinite(n) && n > 0,
);

/** A duration of zero or more, in milliseconds. */
export const milliseconds: Rule = numberThat(
  "a number of milliseconds, 0 or more",
  (n) => Number.isFinite(n) && n >= 0,
);

/** An amount of zero or more, in US dollars. */
export const dollars: Rule = numberThat(
  "a number of US dollars, 0 or more",
  (n) => Number.isFinite(n) && n >= 0,
);

/** A number from 0 to 1. */
export const share: Rule = numberThat("a number from 0 to 1", (n) => n >= 0 && n <= 1);

/** A finite number. */
export const finite: Rule = numberThat("a finite number", Number.isFinite);

/** A string that is not empty. */
export const text: Rule = (doing, name, value) => {
  if (typeof value !== "string" || value === "") refuse(doing, name, "a text", value);
};

/** `true` or `false`. */
export const flag: Rule = (doing, name, value) => {
  if (typeof value !== "boolean") refuse(doing, name, "true or false", value);
};

/** A function. */
export const callback: Rule = (doing, name, value) => {
  if (typeof value !== "function") refuse(doing, name, "a function", value);
};

/** An `AbortSignal`. */
export const abortSignal: Rule = (doing, name, value) => {
  if (!(value instanceof AbortSignal)) refuse(doing, name, "an AbortSignal", value);
};

/** An object that is not an array. */
export const record: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
};

/** Returns the rule for one of these strings. */
export function oneOf(...values: readonly string[]): Rule {
  return (doing, name, value) => {
    if (!values.includes(value as string)) {
      refuse(doing, name, values.map((v) => `"${v}"`).join(" or "), value);
    }
  };
}

/** Any value. */
export const anything: Rule = () => {};

/**
 * Describes a value without the content of strings and objects, which may hold keys and prompts.
 */
function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return value === "" ? "an empty text" : `a text`;
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}
