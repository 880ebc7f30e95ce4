/** Finds the JSON in an answer: bare, in a code fence, between sentences or after the reasoning. */
import { parseExact } from "../model/exact_json.ts";
import { EarlyClose } from "./early_close.ts";
import { MAX_DEPTH, readLenientJson } from "./lenient_json.ts";

/** The values that may be the answer. */
export interface JsonCandidates {
  /** The values, the most likely one first. Each is parsed when it is read. */
  readonly values: Iterable<unknown>;
  /** The reason if there are none. */
  readonly problem: string;
  /** The text without the reasoning before it, if there is no JSON in it. */
  readonly answer?: string;
}

interface Candidate {
  readonly json: string;
  readonly exact: boolean;
}

/** How many candidates of each kind are kept: the last ones. */
const MAX_CANDIDATES = 16;
/** How many unclosed brackets are read to the end of the text: each costs time. */
const MAX_OPEN = 8;
const NONE = "the answer is not JSON";
const PROBLEMS = {
  open: "the JSON of the answer is cut off",
  broken: "the JSON of the answer is broken",
  deep: `the JSON of the answer is nested more than ${MAX_DEPTH} levels deep`,
};
const REASONING = /^<(think|thinking|reasoning)>/i;

/**
 * Returns the JSON in a text that may be the answer: the whole text, if it is JSON. Otherwise JSON
 * in code fences comes before JSON between sentences, strict JSON before lenient JSON, and later
 * JSON before earlier JSON. Takes time in proportion to the text.
 */
export function extractJson(text: string): JsonCandidates {
  const bare = text.trim(); // also removes a byte order mark
  const answer = removeReasoning(bare);
  const found = parseWhole(bare) ?? (answer === bare ? undefined : parseWhole(answer)) ??
    scan(answer);
  if (found.problem !== NONE) return found;
  if (answer === bare || REASONING.test(bare)) return { ...found, answer };
  // The end tag of the reasoning may have been a part of the answer.
  return { values: either(found.values, () => scan(bare).values), problem: NONE, answer };
}

/** Returns the JSON of an incomplete answer, as strict JSON. `undefined` if there is none. */
export function extractPartialJson(text: string): string | undefined {
  const answer = removeReasoning(text.trim());
  const places = new Places(answer);
  let openCount = 0;
  for (let at = places.next(); at !== undefined; at = places.next()) {
    const { state, end, json, exact, keyed } = readLenientJson(answer, at);
    if (state === "deep") return undefined;
    const isPlaced = places.fence !== "" || (state === "open" && exact && at === 0) ||
      (state === "whole" && beginsLine(answer, at) && endsLine(answer, end));
    if (isBracket(answer[at]) && (keyed || isPlaced)) return json;
    if (state === "open" && ++openCount > MAX_OPEN) return undefined;
    places.continueAt(state === "open" ? at + 1 : Math.max(end, at + 1));
  }
}

/** Iterates over the positions of a text where JSON may begin. */
class Places {
  /** The kind of fence around the last position; empty outside, and in one for another language. */
  fence: "" | "json" | "any" = "";
  readonly #text: string;
  #sign = ""; // the character of the open fence, of any language
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): number | undefined {
    for (;;) {
      // A bracket counts if JSON may have what follows it.
      const mark = /`{3,}|~{3,}|\{(?=\s*["'}/\p{L}_$])|\[(?=\s*["'{}[\]/\dtfnTFN-])/gu;
      mark.lastIndex = this.#at;
      const found = mark.exec(this.#text);
      if (found === null) return undefined;
      this.#at = mark.lastIndex;
      if (found[0].length < 3) return found.index;
      if (this.#toggleFence(found[0][0]!)) return this.#at;
    }
  }

  /** Continues at a position. */
  continueAt(at: number): void {
    this.#at = at;
  }

  /** Continues after the fence. */
  leaveFence(at: number): void {
    const end = this.#text.indexOf(this.#sign.repeat(3), at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  /** Whether the fence ends at a position. */
  isFenceEnd(at: number): boolean {
    return /^\s*(?:```|~~~|$)/.test(this.#text.slice(at, at + 100));
  }

  /** Opens or closes a fence. Returns whether a value without brackets begins in it. */
  #toggleFence(sign: string): boolean {
    // After an opening fence comes a language, or the content itself.
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

/** Parses the whole text; `undefined` if it is no JSON. */
function parseWhole(text: string): JsonCandidates | undefined {
  try {
    const value = parseExact(text);
    if (isDeep(text)) return { values: [], problem: PROBLEMS.deep };
    return { values: [value], problem: NONE };
  } catch {
    return undefined;
  }
}

function scan(text: string): JsonCandidates {
  const places = new Places(text);
  const fenced: Candidate[] = [];
  const unfenced: Candidate[] = [];
  let problem = NONE;
  let isSpoiled = false;
  let openCount = 0;
  const earlyClose = new EarlyClose(text);
  for (let at = places.next(); at !== undefined; at = places.next()) {
    const { fence } = places;
    const reading = earlyClose.mend(at, readLenientJson(text, at), fence !== "");
    const { state, end, keyed } = reading;
    if (state === "whole") {
      const counts = !isBracket(text[at])
        ? places.isFenceEnd(end)
        : fence !== "" || (!isSpoiled && (keyed || (beginsLine(text, at) && endsLine(text, end))));
      if (counts) add(fence !== "" ? fenced : unfenced, reading);
      places.continueAt(counts || isBracket(text[at]) ? end : at + 1);
      continue;
    }
    if (state === "deep") problem = PROBLEMS.deep;
    if (keyed || (isBracket(text[at]) && (at === 0 || fence === "json"))) {
      // This was meant as the answer: neither JSON in it nor before it is one.
      problem = PROBLEMS[state];
      unfenced.length = 0;
      if (fence === "") {
        isSpoiled = true;
        places.continueAt(end);
      } else {
        fenced.length = 0;
        places.leaveFence(end);
      }
      continue;
    }
    if (state === "open" && ++openCount > MAX_OPEN) break;
    places.continueAt(state === "open" ? at + 1 : Math.max(end, at + 1));
  }
  return { values: parseEach([...rank(fenced), ...rank(unfenced)]), problem };
}

function add(list: Candidate[], { json, exact }: Candidate): void {
  if (list.push({ json, exact }) > MAX_CANDIDATES) list.shift();
}

function rank(list: readonly Candidate[]): Candidate[] {
  return list.toReversed().sort((a, b) => Number(b.exact) - Number(a.exact));
}

function* parseEach(list: readonly Candidate[]): Generator<unknown> {
  for (const { json } of list) yield parseExact(json);
}

function* either(values: Iterable<unknown>, others: () => Iterable<unknown>): Generator<unknown> {
  let isEmpty = true;
  for (const value of values) {
    isEmpty = false;
    yield value;
  }
  if (isEmpty) yield* others();
}

/** Removes the reasoning before an answer. Its start tag may be missing. */
function removeReasoning(text: string): string {
  const opening = REASONING.exec(text);
  const mark = `</${opening?.[1] ?? "think"}>`;
  const end = text.indexOf(mark);
  if (end === -1) return opening === null ? text : "";
  return text.slice(end + mark.length).trim();
}

function isBracket(char: string | undefined): boolean {
  return char === "{" || char === "[";
}

/** Whether only an announcement is before it in its line. JSON within a sentence is no answer. */
function beginsLine(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === " " || text[before] === "\t") before--;
  return before < 0 || "\n:*>".includes(text[before]!);
}

function endsLine(text: string, at: number): boolean {
  return /^[ \t.;*]*(?:[\r\n]|$)/.test(text.slice(at, at + 100));
}

/** Whether JSON is nested too deeply. */
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
