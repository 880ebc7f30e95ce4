/**
 * Mends JSON that a model closed too early: in `{"a":1}, "b":2}` the first brace is one too many.
 * Without it there is one way to read the text. What cannot be mended is broken: its first part
 * alone is not the answer.
 */
import { parseExact, stringifyExact } from "../model/exact_json.ts";
import { isRecord } from "../model/check_options.ts";
import { type Reading, readLenientJson } from "./lenient_json.ts";

/** How many brackets are removed from one text: each costs time. */
const MAX_MENDS = 8;
/** The maximum length of the name of a member that follows. */
const MEMBER = /[\s}]*,?\s*(?:"(?:[^"\\\n]|\\.){1,200}"|'(?:[^'\\\n]|\\.){1,200}')\s*:/y;
/** The maximum length of the text after the JSON that is searched for the end of a list. */
const MAX_REST = 10_000;
const ITEM = /\s*,\s*["'{[\d\-tfnTFN]/y;

/** Mends the JSON of one text. */
export class EarlyClose {
  readonly #text: string;
  #mends = 0;

  /** @param text The text that the JSON is in. */
  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Returns the reading of the JSON that begins at a position as it is if it is whole, mended, or
   * broken. Its end is a position of the text.
   */
  mend(start: number, reading: Reading, isFenced: boolean): Reading {
    let mended = reading;
    let rest = this.#text;
    let from = start;
    let removed = 0;
    while (mended.state === "whole") {
      const closers = this.#countEarlyClosers(rest, from, mended.end, isFenced);
      if (closers === 0) break;
      const isObject = rest[from] === "{";
      const broken: Reading = {
        ...mended,
        state: "broken",
        end: mended.end + start - from + removed,
      };
      if (this.#mends++ >= MAX_MENDS) return broken;
      const joined = rest.slice(from, mended.end - closers) + rest.slice(mended.end);
      const next = readLenientJson(joined, 0);
      if (next.state !== "whole" || repeatsName(mended.json, next.json, closers === 2)) {
        return isObject ? broken : mended;
      }
      rest = joined;
      from = 0;
      removed += closers;
      mended = next;
    }
    return removed === 0 ? reading : { ...mended, end: mended.end + start + removed };
  }

  /** Returns the number of final brackets after which the JSON continues. */
  #countEarlyClosers(text: string, start: number, end: number, isFenced: boolean): number {
    const isObject = text[start] === "{";
    if (!isObject && !(text[start] === "[" && (start === 0 || isFenced))) return 0;
    const pattern = isObject ? MEMBER : ITEM;
    pattern.lastIndex = end;
    if (pattern.test(text)) return 1;
    ITEM.lastIndex = end;
    const endsList = isObject && text.startsWith("]}", end - 2) && text.length - end < MAX_REST;
    return endsList && ITEM.test(text) && closesTwice(text.slice(end)) ? 2 : 0;
  }
}

/** Whether a text ends a list and an object that it does not begin. */
function closesTwice(text: string): boolean {
  const brackets = text.replaceAll(/"(?:[^"\\]|\\.)*"|[^[\]{}]/g, "");
  let rest = brackets;
  for (let before = ""; before !== rest;) {
    before = rest;
    rest = rest.replaceAll(/\[\]|\{\}/g, "");
  }
  return rest === "]}";
}

/**
 * Whether a member of the object has another value in the longer one: it has its name twice. With
 * `extendsLast`, the last member is a list that continues.
 */
function repeatsName(json: string, longerJson: string, extendsLast: boolean): boolean {
  const object = parseExact(json);
  const longer = parseExact(longerJson);
  if (!isRecord(object) || !isRecord(longer)) return false;
  const names = Object.keys(object);
  return (extendsLast ? names.slice(0, -1) : names).some((name) =>
    stringifyExact(object[name]) !== stringifyExact(longer[name])
  );
}
