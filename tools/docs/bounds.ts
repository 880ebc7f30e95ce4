/** The bounds of options, in the words of the errors for values outside of them. */
import type { Member } from "./api.ts";
import { PROBES, rejection } from "./probes.ts";

/**
 * Returns the bounds of a number or a text. `undefined` if the option is neither, or if everything
 * of its type is valid.
 */
export async function boundsOf(type: string, { name, text }: Member): Promise<string | undefined> {
  if (PROBES[type] === undefined) return undefined;
  const own = typeOf(text);
  if (own === "boolean" || own.includes("=>") && !/^number\b/.test(own)) return undefined;
  if (/^string(?: \| URL)?$/.test(own)) {
    const must = mustBe(await rejection(type, name, ""), name);
    return must === "a text" ? "not empty" : must;
  }
  const must = mustBe(await rejection(type, name, NaN), name);
  return must !== undefined && IS_NUMBER.test(must) ? must : undefined;
}

/** What errors call numbers. */
const IS_NUMBER = /\b(?:number|integer|milliseconds|port|status|share|above|at least)\b/;

/** Returns the type in the declaration of a property. */
export function typeOf(text: string): string {
  const type = /^(?:readonly )?(?:\w+|"[^"]+")\??: ([\s\S]*)$/.exec(text)?.[1] ?? text;
  return type.replace(/^\| /, "");
}

/** Returns what a value must be, according to the error for an invalid one. */
export function mustBe(error: Error | undefined, option: string): string | undefined {
  const text = error?.message ?? "";
  const [, must] =
    new RegExp(`[ .]${option} must be (.+?)(?:: current value is .*)?$`).exec(text) ??
      [];
  return must;
}
