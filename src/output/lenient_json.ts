/**
 * Reads JSON as models write it: with comments, trailing commas, single quotes, keys without
 * quotes, raw line breaks in strings and the literals of Python. Nothing is guessed: a word never
 * becomes a string and a missing bracket stays missing, so that neither prose nor a truncated
 * answer becomes a value. It reads in one pass, without recursion.
 *
 * Kept on purpose: the library for this, `jsonrepair`, throws on prose and on `<think>`, makes
 * values of prose, completes truncated JSON and takes three times as long.
 */

/** The maximum depth. Most validators are recursive: a deeper value could overflow the stack. */
export const MAX_DEPTH = 500;

/** The value that was read at one position of a text. */
export interface Reading {
  /**
   * `whole`: a value. `open`: the text ended within it. `broken`: it continues with something that
   * is no JSON. `deep`: it is nested too deeply.
   */
  readonly state: "whole" | "open" | "broken" | "deep";
  /** The position at which reading ended. */
  readonly end: number;
  /** The value as strict JSON. Open brackets are closed, and incomplete members are left out. */
  readonly json: string;
  /** Whether the text was strict JSON. */
  readonly exact: boolean;
  /** Whether it has a key in quotes, which prose does not have by chance. */
  readonly keyed: boolean;
}

type Expected = "key" | "colon" | "value" | "comma";

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const WORDS: ReadonlyMap<string, string> = new Map([
  ...["true", "false", "null"].map((word) => [word, word] as const),
  ["True", "true"],
  ["False", "false"],
  ["None", "null"],
]);

/** Reads the value that begins at a position. */
export function readLenientJson(text: string, start: number): Reading {
  const closing: string[] = []; // the brackets that are not closed yet
  let state: Reading["state"] = "open";
  let at = start;
  let expected: Expected = "value";
  let json = "";
  let pending = ""; // a comma and a key, written when their value follows
  let exact = true;
  let keyed = false;

  function value(written: string, end: number): void {
    json += pending + written;
    pending = "";
    expected = "comma";
    at = end;
  }
  function key(written: string, end: number): void {
    pending += written;
    expected = "colon";
    at = end;
  }
  /** Reads one token. Returns `false` if reading ends. */
  function step(): boolean {
    const char = text[at]!;
    switch (char) {
      case " ":
      case "\n":
      case "\r":
      case "\t":
        at++;
        return true;
      case "{":
      case "[":
        if (expected !== "value") return broken();
        if (closing.length === MAX_DEPTH) {
          state = "deep";
          return false;
        }
        value(char, at + 1);
        closing.push(char === "{" ? "}" : "]");
        expected = char === "{" ? "key" : "value";
        return true;
      case "}":
      case "]":
        // A comma may be trailing, a key may not.
        if (
          closing.at(-1) !== char || expected === "colon" || (char === "}" && expected === "value")
        ) {
          return broken();
        }
        if (pending !== "") exact = false;
        pending = "";
        closing.pop();
        value(char, at + 1);
        return true;
      case ",":
        if (expected !== "comma") return broken();
        pending = ",";
        expected = closing.at(-1) === "}" ? "key" : "value";
        at++;
        return true;
      case ":":
        if (expected !== "colon") return broken();
        pending += ":";
        expected = "value";
        at++;
        return true;
      case '"':
      case "'":
        return string(char);
      case "/":
        return comment();
    }
    if (char === "-" || (char >= "0" && char <= "9")) return number();
    if (/\s/.test(char)) {
      exact = false;
      at++;
      return true;
    }
    return word();
  }
  function string(quote: string): boolean {
    if (expected !== "key" && expected !== "value") return broken();
    const end = endOfString(text, at, quote);
    if (end === -1) {
      if (expected === "value") value(writeString(text.slice(at + 1), "cut"), text.length);
      at = text.length;
      return false;
    }
    const inner = text.slice(at + 1, end);
    const written = writeString(inner, "closed");
    if (quote === "'" || written.length !== inner.length + 2) exact = false;
    if (expected === "value") {
      value(written, end + 1);
    } else {
      key(written, end + 1);
      keyed = true;
    }
    return true;
  }
  function number(): boolean {
    if (expected !== "value") return broken();
    NUMBER.lastIndex = at;
    const found = NUMBER.exec(text)?.[0];
    if (found === undefined) return broken();
    const end = at + found.length;
    // The number may be incomplete.
    if (
      closing.length > 0 && text.length - end < 3 && /^(?:\.|[eE][+-]?)?$/.test(text.slice(end))
    ) {
      return false;
    }
    value(found, end);
    return true;
  }
  function word(): boolean {
    WORD.lastIndex = at;
    const found = WORD.exec(text)?.[0];
    if (found === undefined) return broken();
    const end = at + found.length;
    if (expected === "key") {
      exact = false;
      key(`"${found}"`, end);
      return true;
    }
    const written = expected === "value" ? WORDS.get(found) : undefined;
    if (written === undefined) return broken();
    if (written !== found) exact = false;
    value(written, end);
    return true;
  }
  function comment(): boolean {
    const mark = text[at + 1];
    if (mark !== "/" && mark !== "*") return broken();
    exact = false;
    const end = text.indexOf(mark === "/" ? "\n" : "*/", at + 2);
    at = end === -1 ? text.length : end + (mark === "/" ? 1 : 2);
    return true;
  }
  function broken(): false {
    state = "broken";
    return false;
  }

  while (at < text.length && step()) {
    if (closing.length === 0 && json !== "") {
      state = "whole";
      break;
    }
  }
  return { state, end: at, json: json + closing.reverse().join(""), exact, keyed };
}

/** Returns the position of the quote that ends a string, or -1. */
function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + 1;;) {
    const end = text.indexOf(quote, at);
    if (end === -1) return -1;
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
    at = end + 1;
  }
}

/** How a string ends: with a quote, or with the text. */
type StringEnd = "closed" | "cut";

/** Writes a string as strict JSON. */
function writeString(inner: string, end: StringEnd): string {
  // deno-lint-ignore no-control-regex -- those must be escaped
  if (!/["\\\u0000-\u001f]/.test(inner) && end === "closed") return `"${inner}"`;
  const tidied = inner.replaceAll(
    // deno-lint-ignore no-control-regex -- those must be escaped
    /\\u[\da-fA-F]{4}|\\u[\da-fA-F]{0,3}$|\\[^]?|["\u0000-\u001f]/g,
    (piece) => tidy(piece, end),
  );
  return `"${end === "cut" ? withoutHalf(tidied) : tidied}"`;
}

/** Removes half of a surrogate pair at the end. */
function withoutHalf(text: string): string {
  if (/^[\ud800-\udbff]$/.test(text.slice(-1))) return text.slice(0, -1);
  if (!/^\\u[dD][89abAB]/.test(text.slice(-6))) return text;
  let slashes = 1;
  while (text[text.length - 6 - slashes] === "\\") slashes++;
  return slashes % 2 === 0 ? text : text.slice(0, -6);
}

function tidy(piece: string, end: StringEnd): string {
  if (piece[0] !== "\\") return JSON.stringify(piece).slice(1, -1);
  if (piece.length === 6 || (piece.length === 2 && '"\\/bfnrt'.includes(piece[1]!))) return piece;
  if (end === "cut" && (piece === "\\" || piece[1] === "u")) return "";
  if (piece === "\\'") return "'";
  // A backslash that escapes nothing is literal, as in formulas.
  return `\\\\${tidy(piece.slice(1) || "", end)}`;
}
