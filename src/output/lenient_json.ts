/**
 * Reads JSON as models write it: comments, trailing commas, single quotes, keys without quotes, raw line breaks in texts and
 * Python's words are tidied; nothing is guessed. A word is never taken for a text and a bracket that is missing is missing, so
 * that neither prose nor an answer that was cut off becomes a value. One pass, no recursion, whatever comes.
 */

/** Deeper values are not read: what checks them is recursive, as a rule, and would overflow the stack. */
export const MAX_DEPTH = 500;

/** What was read from one place of a text. */
export interface Reading {
  /** `whole` is a value; `open`: the text ended in it; `broken`: what comes then is no JSON; `deep`: too many brackets. */
  readonly state: "whole" | "open" | "broken" | "deep";
  /** Where reading ended. */
  readonly end: number;
  /** What was read, as strict JSON; what is open is closed, and what cannot be told yet is left out. */
  readonly json: string;
  /** Was it strict JSON as it stood? */
  readonly exact: boolean;
  /** Has it a key in quotes, which no prose has by chance? */
  readonly keyed: boolean;
}

type Want = "key" | "colon" | "value" | "comma";

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const WORDS: ReadonlyMap<string, string> = new Map([
  ...["true", "false", "null"].map((word) => [word, word] as const),
  ["True", "true"],
  ["False", "false"],
  ["None", "null"],
]);

/** Reads the value that begins at `start`. */
export function readLenientJson(text: string, start: number): Reading {
  const due: string[] = []; // the brackets that are still to be closed
  let state: Reading["state"] = "open";
  let at = start;
  let want: Want = "value";
  let json = "";
  let lead = ""; // the comma and the key: written only when a value comes
  let exact = true;
  let keyed = false;

  function value(written: string, end: number): void {
    json += lead + written;
    lead = "";
    want = "comma";
    at = end;
  }
  function key(written: string, end: number): void {
    lead += written;
    want = "colon";
    at = end;
  }
  /** Takes what is at `at`; `false` if it cannot be read on. */
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
        if (want !== "value") return broken();
        if (due.length === MAX_DEPTH) {
          state = "deep";
          return false;
        }
        value(char, at + 1);
        due.push(char === "{" ? "}" : "]");
        want = char === "{" ? "key" : "value";
        return true;
      case "}":
      case "]":
        // A key without its value is no trailing comma.
        if (due.at(-1) !== char || want === "colon" || (char === "}" && want === "value")) {
          return broken();
        }
        if (lead !== "") exact = false;
        lead = "";
        due.pop();
        value(char, at + 1);
        return true;
      case ",":
        if (want !== "comma") return broken();
        lead = ",";
        want = due.at(-1) === "}" ? "key" : "value";
        at++;
        return true;
      case ":":
        if (want !== "colon") return broken();
        lead += ":";
        want = "value";
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
    if (want !== "key" && want !== "value") return broken();
    const end = endOfString(text, at, quote);
    if (end === -1) {
      if (want === "value") value(quoted(text.slice(at + 1), true), text.length);
      at = text.length;
      return false;
    }
    const inner = text.slice(at + 1, end);
    const written = quoted(inner, false);
    if (quote === "'" || written.length !== inner.length + 2) exact = false;
    if (want === "value") {
      value(written, end + 1);
    } else {
      key(written, end + 1);
      keyed = true;
    }
    return true;
  }
  function number(): boolean {
    if (want !== "value") return broken();
    NUMBER.lastIndex = at;
    const found = NUMBER.exec(text)?.[0];
    if (found === undefined) return broken();
    const end = at + found.length;
    // More of it may follow.
    if (due.length > 0 && text.length - end < 3 && /^(?:\.|[eE][+-]?)?$/.test(text.slice(end))) {
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
    if (want === "key") {
      exact = false;
      key(`"${found}"`, end);
      return true;
    }
    const written = want === "value" ? WORDS.get(found) : undefined;
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
    if (due.length === 0 && json !== "") {
      state = "whole";
      break;
    }
  }
  return { state, end: at, json: json + due.reverse().join(""), exact, keyed };
}

/** Where the text that begins with this quote ends; -1 if it does not. */
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

/** The text as strict JSON; `cut`: its end has not come yet. */
function quoted(inner: string, cut: boolean): string {
  // deno-lint-ignore no-control-regex -- those must be escaped
  if (!/["\\\u0000-\u001f]/.test(inner) && !cut) return `"${inner}"`;
  const tidied = inner.replaceAll(
    // deno-lint-ignore no-control-regex -- those must be escaped
    /\\u[\da-fA-F]{4}|\\u[\da-fA-F]{0,3}$|\\[^]?|["\u0000-\u001f]/g,
    (piece) => tidy(piece, cut),
  );
  return `"${cut ? withoutHalf(tidied) : tidied}"`;
}

/** Half of a character is no character. */
function withoutHalf(text: string): string {
  if (/^[\ud800-\udbff]$/.test(text.slice(-1))) return text.slice(0, -1);
  if (!/^\\u[dD][89abAB]/.test(text.slice(-6))) return text;
  let slashes = 1;
  while (text[text.length - 6 - slashes] === "\\") slashes++;
  return slashes % 2 === 0 ? text : text.slice(0, -6);
}

function tidy(piece: string, cut: boolean): string {
  if (piece[0] !== "\\") return JSON.stringify(piece).slice(1, -1);
  if (piece.length === 6 || (piece.length === 2 && '"\\/bfnrt'.includes(piece[1]!))) return piece;
  if (cut && (piece === "\\" || piece[1] === "u")) return "";
  if (piece === "\\'") return "'";
  // A backslash that escapes nothing stands for itself, as in formulas.
  return `\\\\${tidy(piece.slice(1) || "", cut)}`;
}
