/**
 * The units in which texts are compared: letters and digits in lower case. Punctuation, whitespace
 * and marks are left out, as servers change them. Of a script with a character for each word or
 * syllable, such as Chinese, each character is three units: it says as much.
 */

/** The units of a text, and where they are in it. */
export interface PlacedUnits {
  readonly units: readonly number[];
  /** The position in the text at which each unit begins. */
  readonly starts: readonly number[];
  /** The position at which it ends. */
  readonly ends: readonly number[];
}

/** The first character that is three units. */
export const FIRST_DENSE = 0x2e80;

let table: Uint16Array | undefined;

/** Returns the unit of each code unit; 0 if it has none. It is created by the first error. */
export function unitTable(): Uint16Array {
  return table ??= createUnits();
}

function createUnits(): Uint16Array {
  const units = new Uint16Array(65_536);
  const isLetter = /[\p{L}\p{N}]/u;
  for (let code = 0; code < units.length; code++) {
    const char = String.fromCharCode(code);
    // Half of a pair counts as it is.
    if (code >= 0xd800 && code < 0xe000) units[code] = code;
    else if (isLetter.test(char)) {
      const lower = char.toLowerCase();
      units[code] = lower.length === 1 ? lower.charCodeAt(0) : code;
    }
  }
  return units;
}

/** Whether a character is a letter or a digit. */
export function isUnit(char: string | undefined): boolean {
  return char !== undefined && char !== "" && unitTable()[char.charCodeAt(0)] !== 0;
}

/**
 * Matches escapes: of JSON, also in JSON that is a text of JSON, of Python, of HTML and of URLs.
 */
const ESCAPE = new RegExp(
  [
    "\\\\+u\\{?([0-9a-f]{4,6})\\}?",
    "\\\\+U([0-9a-f]{8})",
    "\\\\+x([0-9a-f]{2})",
    "\\\\+[a-z\"'/]",
    "&#x([0-9a-f]{1,6});",
    "&#(\\d{1,7});",
    "&[a-z]{2,6};",
    "((?:%[0-9a-f]{2})+)",
  ].join("|"),
  "gi",
);

/** Reads the units of a text, with or without its escapes decoded. */
export function readUnits(text: string, decodesEscapes: boolean): PlacedUnits {
  const table = unitTable();
  const units: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const add = (part: string, from: number, to: number | undefined) => {
    for (let i = 0; i < part.length; i++) {
      const code = part.charCodeAt(i);
      const unit = table[code]!;
      if (unit === 0) continue;
      for (let n = code >= FIRST_DENSE ? 3 : 1; n > 0; n--) {
        units.push(unit);
        starts.push(to === undefined ? from + i : from);
        ends.push(to ?? from + i + 1);
      }
    }
  };
  let end = 0;
  if (decodesEscapes) {
    for (const match of text.matchAll(ESCAPE)) {
      add(text.slice(end, match.index), end, undefined);
      end = match.index + match[0].length;
      add(decodeEscape(match), match.index, end);
    }
  }
  add(text.slice(end), end, undefined);
  return { units, starts, ends };
}

function decodeEscape([all, unicode, long, byte, hex, decimal, percent]: RegExpExecArray): string {
  if (percent !== undefined) {
    try {
      return decodeURIComponent(percent);
    } catch {
      return "";
    }
  }
  const digits = unicode ?? long ?? byte ?? hex;
  const code = digits === undefined ? Number(decimal) : Number.parseInt(digits, 16);
  // Others stand for punctuation and whitespace.
  return all !== undefined && code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}
