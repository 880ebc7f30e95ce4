/** Names in messages: the nearest known one, and names of any length from outside. */
import { closestString } from "@std/text/closest-string";

/** The maximum length of a name in a message, in characters. */
const MAX_LENGTH = 80;
/** The maximum number of names that are compared: each comparison takes time. */
const MAX_COMPARED = 500;
/** The maximum number of names that a message lists. */
const MAX_LISTED = 20;

/**
 * Returns the nearest of the known names, or `undefined` if there is none. Names that are longer
 * than any that a person writes are not compared, and of very many names only the first ones are.
 */
export function closestName(name: string, known: Iterable<string>): string | undefined {
  const compared: string[] = [];
  for (const one of known) {
    if (one.length <= MAX_LENGTH && compared.push(one) >= MAX_COMPARED) break;
  }
  return compared.length === 0 ? undefined : closestString(name.slice(0, MAX_LENGTH), compared);
}

/** Shortens a name from outside, which may have megabytes, for a message. */
export function shortName(name: string): string {
  return name.length <= MAX_LENGTH ? name : `${name.slice(0, MAX_LENGTH)}…`;
}

/** Lists names for a message: up to 20, each shortened. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map(shortName).join(", ");
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${listed} and ${more.toLocaleString("en-US")} more` : listed;
}
