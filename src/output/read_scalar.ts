/** Reads values that an answer has as text: numbers, booleans, null and the choices of an enum. */
import { parseExact } from "../model/exact_json.ts";
import type { JsonSchema } from "../model/message.ts";
import { choicesOf, typesOf } from "./schema_branches.ts";

/** The maximum length of a text that is read as a value. */
const MAX_LENGTH = 1_000;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS: readonly [type: string, pattern: RegExp, value: unknown][] = [
  ["boolean", /^true$/i, true],
  ["boolean", /^false$/i, false],
  ["null", /^(?:null|None)$/, null],
];

/**
 * Reads a text as a value that the schemas accept, if there is one way to read it: the JSON of a
 * number, `true`, `True`, `null`, `None` or a choice of an enum, in any case. Quotes, emphasis, a
 * code fence around it and a period after it are ignored. A text is never read as a free text.
 *
 * @returns `undefined` if it cannot be read.
 */
export function readScalar(text: string, branches: readonly JsonSchema[]): unknown {
  const types = typesOf(branches);
  if (types === undefined || text.length > MAX_LENGTH) return undefined;
  const bare = withoutMarks(text);
  if (types.has("string")) {
    const choices = textChoicesOf(branches);
    if (choices === undefined) return undefined;
    const choice = findChoice(choices, text, bare);
    if (choice !== undefined) return choice;
    return types.has("null") ? readLiteral(bare, new Set(["null"])) : undefined;
  }
  if ((types.has("number") || types.has("integer")) && NUMBER.test(bare)) {
    // `1e400` is a number in JSON, but not in JavaScript.
    return Number.isFinite(Number(bare)) ? parseExact(bare) : undefined;
  }
  return readLiteral(bare, types);
}

/** Returns the number that {@linkcode readScalar} reads in a text, as it is written there. */
export function numberIn(text: string): string {
  return withoutMarks(text);
}

function readLiteral(text: string, types: ReadonlySet<string>): unknown {
  return LITERALS.find(([type, pattern]) => types.has(type) && pattern.test(text))?.[2];
}

/** Returns the texts that the schemas accept. `undefined` if one of them accepts any text. */
function textChoicesOf(branches: readonly JsonSchema[]): readonly string[] | undefined {
  const all: string[] = [];
  for (const branch of branches) {
    const choices = choicesOf(branch);
    if (choices === undefined) {
      if (typesOf([branch])?.has("string")) return undefined;
    } else all.push(...choices.filter((one) => typeof one === "string"));
  }
  return all;
}

function findChoice(choices: readonly string[], text: string, bare: string): string | undefined {
  for (const form of [text, bare]) if (choices.includes(form)) return form;
  const lower = bare.toLowerCase();
  const found = new Set(choices.filter((choice) => choice.toLowerCase() === lower));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Pairs of marks around a value. */
const MARKS = ["**", "__", "*", '"', "'", "`"];
const QUOTES = ["“”", "‘’", "«»", "„“"];

/** Removes what a model writes around a value. */
function withoutMarks(text: string): string {
  let bare = text.trim();
  for (let before = ""; before !== bare;) {
    before = bare;
    bare = bare.replace(/^```(?:\w*[ \t]*\r?\n)?([^`]*)```$/, "$1").replace(/\.$/, "").trim();
    for (const mark of MARKS) bare = inside(bare, mark, mark);
    for (const [open, close] of QUOTES) bare = inside(bare, open!, close!);
  }
  return bare;
}

function inside(text: string, open: string, close: string): string {
  const isAround = text.length >= open.length + close.length && text.startsWith(open) &&
    text.endsWith(close);
  return isAround ? text.slice(open.length, -close.length).trim() : text;
}
