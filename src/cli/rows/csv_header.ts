import { shortName } from "../../model/names/closest_name.ts";

/** The names of the columns, and what was changed in them. */
export interface CsvHeader {
  /** The names: none is empty, and none is there twice. */
  readonly names: readonly string[];
  /** What the user should know about names that were changed. */
  readonly warnings: readonly string[];
}

/**
 * Returns the names of the columns. Blanks around them are removed. A name that is there before
 * gets a number, and an empty one that of its column, which no other column has.
 */
export function readHeader(fields: readonly string[]): CsvHeader {
  const names = fields.map((field) => field.trim());
  const taken = new Set(names);
  const seen = new Set<string>();
  const unnamed: string[] = [];
  const renamed: string[] = [];
  /** The next number of each name: a header may have one name 100,000 times. */
  const next = new Map<string, number>();
  const header = names.map((name, i) => {
    if (name !== "" && !seen.has(name)) {
      seen.add(name);
      return name;
    }
    const base = name === "" ? "column" : name;
    let number = name === "" ? i + 1 : next.get(name) ?? 2;
    while (taken.has(`${base}_${number}`)) number++;
    const unique = `${base}_${number}`;
    taken.add(unique);
    if (name !== "") next.set(name, number + 1);
    if (name === "") unnamed.push(unique);
    else renamed.push(`"${shortName(name)}" is "${shortName(unique)}"`);
    return unique;
  });
  return {
    names: header,
    warnings: [
      ...(renamed.length === 0
        ? []
        : [`the header has names more than once: the next ${nextOf(renamed)}`]),
      ...(unnamed.length === 0
        ? []
        : [`the header has columns without a name: ${listOf(unnamed)}`]),
    ],
  };
}

/** The number of names that a warning lists. */
const MAX_LISTED = 10;

function listOf(names: readonly string[]): string {
  return names.slice(0, MAX_LISTED).map((name) => `"${name}"`).join(", ") + moreThan(names);
}

function moreThan({ length }: readonly string[]): string {
  return length > MAX_LISTED ? ` and ${length - MAX_LISTED} more` : "";
}

function nextOf(renamed: readonly string[]): string {
  return renamed.slice(0, MAX_LISTED).join(", the next ") + moreThan(renamed);
}
