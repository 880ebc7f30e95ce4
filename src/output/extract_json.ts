/** Finds the JSON in what a model said: bare, in a code fence, between sentences, after its thoughts. */
import { MAX_DEPTH, readLenientJson } from "./lenient_json.ts";

/** What may be the answer. */
export interface JsonCandidates {
  /** Values, the likeliest first; each is made when it is asked for. */
  readonly values: Iterable<unknown>;
  /** Why there is none, if there is none. */
  readonly trouble: string;
}

interface Found {
  readonly json: string;
  readonly exact: boolean;
}

/** Of each kind only the last ones are looked at. */
const MOST = 16;
/** So often a bracket may be followed in vain to the end of the text: that is what takes time. */
const TRIES = 8;
const NONE = "the answer is not JSON";
const TROUBLE = {
  open: "the JSON of the answer is cut off",
  broken: "the JSON of the answer is broken",
  deep: `the JSON of the answer is nested more than ${MAX_DEPTH} deep`,
};
const THOUGHTS = /^<(think|thinking|reasoning)>/i;

/**
 * What may be the answer in a text: all of it, if it is JSON. Otherwise what stands in code fences goes before what stands
 * between sentences, strict JSON before what had to be tidied, and what was said later before what was said earlier. Takes
 * time in proportion to the text.
 */
export function extractJson(text: string): JsonCandidates {
  const bare = text.trim(); // a byte order mark counts as space
  const said = withoutThoughts(bare);
  const found = whole(bare) ?? (said === bare ? undefined : whole(said)) ?? scan(said);
  if (found.trouble !== NONE || said === bare || THOUGHTS.test(bare)) return found;
  // The mark of the end of thoughts may have been a part of the answer.
  return { values: either(found.values, () => scan(bare).values), trouble: NONE };
}

/** What can be told of an answer that is still coming, as strict JSON; `undefined` if that is nothing. */
export function extractPartialJson(text: string): string | undefined {
  const said = withoutThoughts(text.trim());
  const places = new Places(said);
  let tries = 0;
  for (let at = places.next(); at !== undefined; at = places.next()) {
    const { state, end, json, exact, keyed } = readLenientJson(said, at);
    if (state === "deep") return undefined;
    const isPlaced = places.fence !== "" || (state === "open" && exact && at === 0) ||
      (state === "whole" && beginsLine(said, at) && endsLine(said, end));
    if (isBracket(said[at]) && (keyed || isPlaced)) return json;
    if (state === "open" && ++tries > TRIES) return undefined;
    places.goOn(state === "open" ? at + 1 : Math.max(end, at + 1));
  }
}

/** The places of a text where JSON may begin. */
class Places {
  /** In what kind of fence the last place is; empty if it is in none, or in one for something else. */
  fence: "" | "json" | "any" = "";
  readonly #text: string;
  #sign = ""; // of the fence that is open, whatever is in it
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): number | undefined {
    for (;;) {
      // A bracket counts if something follows that JSON may have there.
      const mark = /`{3,}|~{3,}|\{(?=\s*["'}/\p{L}_$])|\[(?=\s*["'{}[\]/\dtfnTFN-])/gu;
      mark.lastIndex = this.#at;
      const found = mark.exec(this.#text);
      if (found === null) return undefined;
      this.#at = mark.lastIndex;
      if (found[0].length < 3) return found.index;
      if (this.#turn(found[0][0]!)) return this.#at;
    }
  }

  /** Goes on from here. */
  goOn(at: number): void {
    this.#at = at;
  }

  /** Goes on behind the fence. */
  leave(at: number): void {
    const end = this.#text.indexOf(this.#sign.repeat(3), at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  /** Does the fence end here? */
  endsAt(at: number): boolean {
    return /^\s*(?:```|~~~|$)/.test(this.#text.slice(at, at + 100));
  }

  /** Opens or closes a fence; does something begin in it that is in no bracket? */
  #turn(sign: string): boolean {
    // Behind an opening fence stands a language, or at once what it is about.
    const label = /[ \t]*(?:(json\w*)(?!\w)|([^\s`~{["']*)[ \t]*(?=\r?\n))?\s*/iy;
    label.lastIndex = this.#at;
    const [all, json, other] = label.exec(this.#text)!;
    if (this.#sign !== "" && json === undefined) {
      if (sign === this.#sign) this.#sign = this.fence = "";
      return false;
    }
    this.#sign = sign;
    this.fence = json !== undefined ? "json" : (other ?? "") === "" ? "any" : "";
    this.#at += all.length;
    const first = this.#text[this.#at];
    return this.fence !== "" && first !== undefined && !isBracket(first) && !"`~".includes(first);
  }
}

/** All of it, if it is JSON. */
function whole(text: string): JsonCandidates | undefined {
  try {
    const value = JSON.parse(text);
    if (isDeep(text)) return { values: [], trouble: TROUBLE.deep };
    return { values: [value], trouble: NONE };
  } catch {
    return undefined;
  }
}

function scan(text: string): JsonCandidates {
  const places = new Places(text);
  const fenced: Found[] = [];
  const others: Found[] = [];
  let trouble = NONE;
  let isSpoiled = false;
  let tries = 0;
  for (let at = places.next(); at !== undefined; at = places.next()) {
    const { fence } = places;
    const reading = readLenientJson(text, at);
    const { state, end, keyed } = reading;
    if (state === "whole") {
      const counts = !isBracket(text[at])
        ? places.endsAt(end)
        : fence !== "" || (!isSpoiled && (keyed || (beginsLine(text, at) && endsLine(text, end))));
      if (counts) add(fence !== "" ? fenced : others, reading);
      places.goOn(counts || isBracket(text[at]) ? end : at + 1);
      continue;
    }
    if (state === "deep") trouble = TROUBLE.deep;
    if (keyed || (isBracket(text[at]) && (at === 0 || fence === "json"))) {
      // This was to be an answer: neither what is in it nor what was said before is one.
      trouble = TROUBLE[state];
      others.length = 0;
      if (fence === "") {
        isSpoiled = true;
        places.goOn(end);
      } else {
        fenced.length = 0;
        places.leave(end);
      }
      continue;
    }
    if (state === "open" && ++tries > TRIES) break;
    places.goOn(state === "open" ? at + 1 : Math.max(end, at + 1));
  }
  return { values: parsed([...ranked(fenced), ...ranked(others)]), trouble };
}

function add(list: Found[], { json, exact }: Found): void {
  if (list.push({ json, exact }) > MOST) list.shift();
}

function ranked(list: readonly Found[]): Found[] {
  return list.toReversed().sort((a, b) => Number(b.exact) - Number(a.exact));
}

function* parsed(list: readonly Found[]): Generator<unknown> {
  for (const { json } of list) yield JSON.parse(json);
}

function* either(values: Iterable<unknown>, others: () => Iterable<unknown>): Generator<unknown> {
  let isEmpty = true;
  for (const value of values) {
    isEmpty = false;
    yield value;
  }
  if (isEmpty) yield* others();
}

/** What a model that reasons says after its thoughts; the beginning of the thoughts may be missing. */
function withoutThoughts(text: string): string {
  const opening = THOUGHTS.exec(text);
  const mark = `</${opening?.[1] ?? "think"}>`;
  const end = text.indexOf(mark);
  if (end === -1) return opening === null ? text : "";
  return text.slice(end + mark.length).trim();
}

function isBracket(char: string | undefined): boolean {
  return char === "{" || char === "[";
}

/** Does nothing stand before it in its line, or an announcement? Brackets within a sentence are no answer. */
function beginsLine(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === " " || text[before] === "\t") before--;
  return before < 0 || "\n:*>".includes(text[before]!);
}

function endsLine(text: string, at: number): boolean {
  return /^[ \t.;*]*(?:[\r\n]|$)/.test(text.slice(at, at + 100));
}

/** Is it nested too deeply? The text is JSON. */
function isDeep(text: string): boolean {
  if (text.length <= 2 * MAX_DEPTH) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (isText) {
      if (char === 0x5c) at++; // \
      else if (char === 0x22) isText = false; // "
    } else if (char === 0x22) {
      isText = true;
    } else if (char === 0x7b || char === 0x5b) { // { [
      if (++depth > MAX_DEPTH) return true;
    } else if (char === 0x7d || char === 0x5d) { // } ]
      depth--;
    }
  }
  return false;
}
