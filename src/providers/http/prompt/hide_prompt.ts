import { isRecord } from "../../../model/check_options.ts";
import type { Message, ModelRequest } from "../../../model/message.ts";
import { STRETCH, StretchFinder } from "./stretch_finder.ts";
import { isUnit, readUnits } from "./text_units.ts";

/** The minimum number of units of a whole text that is hidden. A shorter one may be any word. */
const MIN_WHOLE = 6;

/** The maximum length of a text that is looked for as a whole, in characters. */
const MAX_SHORT = 200;

/** The maximum number of characters between two hidden parts that are hidden, too, if any count. */
const MAX_GAP = 12;

/**
 * Replaces what a server's reason repeats of the request by `[prompt]`: each stretch of at least
 * {@linkcode STRETCH} letters and digits that occurs in a message, and each whole text of at least
 * {@linkcode MIN_WHOLE}. Servers quote prompts whole, cut, in other letters, on one line and with
 * escapes, so only letters and digits are compared. Takes time in proportion to the request.
 *
 * @param reason What the server says, at most a few thousand characters.
 */
export function hidePrompt(reason: string, { messages }: Pick<ModelRequest, "messages">): string {
  const hidden = new Uint8Array(reason.length);
  // Escapes may be the server's, or a part of the prompt.
  const plain = readUnits(reason, false);
  const decoded = readUnits(reason, true);
  const units = [...plain.units, 0, ...decoded.units];
  const starts = [...plain.starts, 0, ...decoded.starts];
  const ends = [...plain.ends, 0, ...decoded.ends];
  const hide = (from: number, to: number) => hidden.fill(1, starts[from], ends[to - 1]);
  const finder = new StretchFinder(Uint16Array.from(units));
  const hideStretch = (place: number) => void hide(place, place + STRETCH);
  const short = new Set<string>();
  for (const text of textsOf(messages)) {
    // A short text has few units, or many of a dense script.
    if (text.length < MAX_SHORT) short.add(text);
    finder.find(text, hideStretch);
  }
  const all = String.fromCharCode(...units);
  for (const text of short) {
    const whole = String.fromCharCode(...readUnits(text, false).units);
    if (whole.length < MIN_WHOLE || whole.length >= STRETCH) continue;
    for (let at = all.indexOf(whole); at >= 0; at = all.indexOf(whole, at + whole.length)) {
      const to = at + whole.length;
      const isWord = !isUnit(reason[starts[at]! - 1]) && !isUnit(reason[ends[to - 1]!]);
      if (isWord) hide(at, to);
    }
  }
  return replaceHidden(reason, hidden);
}

/** Replaces the hidden parts, with what is between two that are close to each other. */
function replaceHidden(reason: string, hidden: Uint8Array): string {
  let result = "";
  let end = 0;
  for (let at = hidden.indexOf(1); at >= 0; at = hidden.indexOf(1, end)) {
    const between = reason.slice(end, at);
    const isGap = end > 0 && between.length <= MAX_GAP && [...between].some(isUnit);
    if (!isGap) result += `${between}[prompt]`;
    const next = hidden.indexOf(0, at);
    end = next < 0 ? reason.length : next;
  }
  // A reason is cut off at the end: what is left may be the beginning of another stretch.
  return result + reason.slice(end);
}

/** Yields the texts of the messages, with the arguments of tool calls and the data of files. */
function* textsOf(messages: readonly Message[]): Generator<string> {
  for (const { content, toolCalls, providerData, extra } of messages) {
    yield* stringsIn(content, 0);
    for (const { args } of toolCalls ?? []) yield args;
    yield* stringsIn(providerData, 0);
    yield* stringsIn(extra, 0);
  }
}

/** The members of parts that name something. */
const NAMES: ReadonlySet<string> = new Set(["type", "id", "role", "name", "mediaType", "detail"]);
const MAX_DEPTH = 8;

function* stringsIn(value: unknown, depth: number): Generator<string> {
  if (typeof value === "string") yield value;
  else if (depth > MAX_DEPTH) return;
  else if (Array.isArray(value)) { for (const item of value) yield* stringsIn(item, depth + 1); }
  else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!NAMES.has(name)) yield* stringsIn(member, depth + 1);
    }
  }
}
