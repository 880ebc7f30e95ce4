/** Reads the mood, the category and a summary of a review by looking up its words. */
import {
  CATEGORIES,
  NEGATIVE,
  NEGATIVE_ANYWHERE,
  NEGATORS,
  OTHER,
  POSITIVE,
  POSITIVE_ANYWHERE,
  TURNS,
} from "./word_lists.ts";

/** The mood of a text, with a score above 0 for praise and below 0 for criticism. */
export interface Mood {
  label: "positive" | "negative" | "neutral" | "mixed";
  score: number;
}

/** Values by whole word, and by word stem (3 letters or more) for any ending. */
interface Index<T> {
  words: Map<string, T>;
  stems: Map<string, T>;
}

const PIECES = /[\p{L}\p{M}\p{N}]+(?:['’]\p{L}+)*|[.,;:!?¿¡。、，！？।؟\n]+/gu;
const ELISION = /^(?:j|l|d|m|t|s|c|qu|n)['’](?=\p{L})/u;
const LIKERS: ReadonlySet<string> = new Set(["i", "we", "they", "really", "also", "kids", "do"]);
/** Scripts whose words are searched for anywhere in the text. */
const UNSPACED = new RegExp(
  `[${
    ["Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Devanagari", "Thai"]
      .map((script) => `\\p{Script=${script}}`).join("")
  }]`,
  "u",
);

/** The length of the longest stem in the lexicon. */
const LONGEST_STEM = 16;

/** Words to search for anywhere; criticism first, as it often contains a word of praise. */
const ANYWHERE = [[NEGATIVE_ANYWHERE, -1], [POSITIVE_ANYWHERE, 1]] as const;
const SMILEYS = ANYWHERE.map(([list, weight]) =>
  [list.filter((word) => /^[\0-\x7f]+$/.test(word)), weight] as const
);

/** A rating: `4/5`, or `4 stars` in several languages. */
const RATING = new RegExp(
  String.raw`(?<![\d.,/])(\d{1,2})(?:[.,]\d)?\s?` +
    String.raw`(?:\/\s?(5|10)\b|(?:stars?|sterne?|étoiles?|estrellas?|stelle|estrelas?)\b)`,
  "i",
);

/** Returns the mood of a text. */
export function readMood(text: string): Mood {
  let [plus, minus] = [0, 0];
  const count = (weight: number): void => {
    if (weight > 0) plus += weight;
    else minus -= weight;
  };
  const stars = RATING.exec(text);
  if (stars) {
    const share = Number(stars[1]) / Number(stars[2] ?? 5);
    if (share >= 0.7) count(2);
    else if (share <= 0.4) count(-2);
  }
  // Plain ASCII, the usual case, can only contain smileys.
  const isAscii = /^[\0-\x7f]*$/.test(text);
  let rest = text;
  for (const [list, weight] of isAscii ? SMILEYS : ANYWHERE) {
    for (const word of list) {
      if (!rest.includes(word)) continue;
      count(weight);
      rest = rest.replaceAll(word, " ");
    }
  }
  let negated = 0, factor = 1, before = "";
  for (const piece of pieces(text)) {
    const word = piece.replace(ELISION, "");
    const negator = NEGATORS.has(word) || /n['’]t$/.test(word) || /^n['’]/.test(piece);
    let weight = lookUp(MOOD, word);
    if (word === "like" && (LIKERS.has(before) || negated === 4)) weight = 1;
    if (weight !== 0) {
      count((negated > 0 ? (weight > 0 ? -1 : 0.5) : weight) * factor);
      negated = 0;
    } else if (/^[^\p{L}\p{N}]/u.test(word)) {
      negated = 0;
    }
    if (TURNS.has(word)) [factor, negated] = [1.5, 0];
    if (negator) negated = 5;
    if (negated > 0) negated--;
    before = word;
  }
  const score = plus - minus;
  if (Math.abs(score) < 0.5) return { label: plus > 0 ? "mixed" : "neutral", score: 0 };
  return { label: score > 0 ? "positive" : "negative", score };
}

/**
 * Returns the category that fits best: by the known facts about the product, or else by the text.
 * If none fits, returns the category for everything else, or the last one.
 */
export function findCategory(
  { text, about }: { text: string; about: string },
  names: readonly string[],
): string {
  // A product of a known category that is not listed belongs to the rest, whatever its text says.
  const isKnown = countHits(about, new Set(pieces(about))).some((hits) => hits > 0);
  return bestCategory(about, names) || (isKnown ? "" : bestCategory(text, names)) ||
    names.find((name) => OTHER.has(name.toLowerCase())) || names.at(-1) || "other";
}

function bestCategory(text: string, names: readonly string[]): string {
  const found = new Set(pieces(text));
  const hits = countHits(text, found);
  let [first, most] = ["", 0];
  for (const name of names) {
    let score = 0;
    for (const line of entriesFor(name)) score += hits[line]!;
    for (const word of pieces(name)) if (word.length > 3 && found.has(word)) score += 2;
    if (score > most) [first, most] = [name, score];
  }
  return first;
}

/** Counts the keywords of each entry of `CATEGORIES` in the text. */
function countHits(text: string, found: ReadonlySet<string>): number[] {
  const hits = CATEGORIES.map(() => 0);
  for (const piece of found) {
    const word = piece.replace(ELISION, "");
    const lines = KEYWORDS.words.get(word) ??
      (word.endsWith("s") ? KEYWORDS.words.get(word.slice(0, -1)) : undefined) ??
      valueByStem(KEYWORDS.stems, word);
    for (const line of lines ?? []) hits[line]!++;
  }
  if (UNSPACED.test(text)) {
    for (const [word, lines] of UNSPACED_KEYWORDS) {
      if (text.includes(word)) { for (const line of lines) hits[line]!++; }
    }
  }
  return hits;
}

/** Returns the indices of the entries of `CATEGORIES` that a category's name belongs to. */
function entriesFor(name: string): readonly number[] {
  let lines = entriesByName.get(name);
  if (!lines) {
    const own = pieces(name.replace(/[_-]/g, " "));
    lines = CATEGORIES.flatMap(([names], i) => own.some((word) => names.includes(word)) ? [i] : []);
    // Names come from prompts: usually a handful, but nothing limits them.
    if (entriesByName.size > 1000) entriesByName.clear();
    entriesByName.set(name, lines);
  }
  return lines;
}
const entriesByName = new Map<string, readonly number[]>();

/** The first name of every category in the lexicon. */
export const KNOWN_CATEGORIES: readonly string[] = [
  ...CATEGORIES.map(([names]) => names[0]!),
  "other",
];

/** Returns the first clause of at least 3 words, cut to `maxWords` words. */
export function summarize(text: string, maxWords: number): string {
  const clauses = text.split(/(?<=[.!?])\s+|[。！？।؟\n]+/u).map((clause) => clause.trim())
    .filter((clause) => /[\p{L}\p{N}]/u.test(clause));
  const first = clauses.find((clause) => wordsOf(clause).length >= 3) ?? clauses[0];
  if (first === undefined) return text.trim() === "" ? "No text." : text.trim();
  const words = wordsOf(first);
  return words.slice(0, maxWords).join("").trim().replace(/[\s.,;:!?、，–-]+$/u, "") || first;
}

/** Splits a text into words, each with the spaces and punctuation after it. */
function wordsOf(text: string): string[] {
  if (
    !UNSPACED.test(text) || /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Hangul}]/u.test(text)
  ) {
    return text.match(/\S+\s*/gu) ?? [];
  }
  const words: string[] = [];
  for (
    const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(
      text,
    )
  ) {
    if (isWordLike || words.length === 0) words.push(segment);
    else words[words.length - 1] += segment;
  }
  return words;
}

function pieces(text: string): string[] {
  return text.toLowerCase().match(PIECES) ?? [];
}

/** Indexes whole words and stems; `join` merges the values of a word in two lists. */
function buildIndex<T>(
  lists: readonly (readonly [readonly string[], T])[],
  join: (old: T | undefined, more: T) => T = (_, more) => more,
): Index<T> {
  const found: Index<T> = { words: new Map(), stems: new Map() };
  for (const [list, value] of lists) {
    for (const word of list) {
      const stem = word.endsWith("*");
      const [map, key] = stem ? [found.stems, word.slice(0, -1)] : [found.words, word];
      map.set(key, join(map.get(key), value));
    }
  }
  return found;
}

function lookUp(weights: Index<number>, word: string): number {
  return weights.words.get(word) ?? valueByStem(weights.stems, word) ?? 0;
}

function valueByStem<T>(stems: ReadonlyMap<string, T>, word: string): T | undefined {
  for (let length = Math.min(word.length, LONGEST_STEM); length >= 3; length--) {
    const value = stems.get(word.slice(0, length));
    if (value !== undefined) return value;
  }
  return undefined;
}

const MOOD = buildIndex([[POSITIVE, 1], [NEGATIVE, -1]]);
const KEYWORDS = buildIndex(
  CATEGORIES.map(([names, keywords], line) => [[...names, ...keywords], [line]] as const),
  (old: readonly number[] | undefined, more) => [...old ?? [], ...more],
);
/** Keywords to search for anywhere in the text. */
const UNSPACED_KEYWORDS = [...KEYWORDS.words].filter(([word]) => UNSPACED.test(word));
