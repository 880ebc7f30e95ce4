/**
 * Reads from a prompt which task it sets, on which text, with which categories to choose from.
 */
import { findCategory, KNOWN_CATEGORIES, readMood, summarize } from "./lexicon.ts";

/** A task on a review, as far as the lexicon can read it from the prompt. */
export interface ReviewTask {
  kind: "sentiment" | "summary" | "category";
  /** The text to work on. */
  text: string;
  /** Other facts in the prompt, such as the name of the product; may be empty. */
  about: string;
  /** The system messages, and what stands before the text. */
  instruction: string;
}

const KINDS: readonly (readonly [ReviewTask["kind"], RegExp])[] = [
  ["sentiment", /sentiment|positive[^.]*negative/i],
  ["summary", /summar/i],
  ["category", /categor|classif|\btopic\b/i],
];

/** What separates the instruction from the text. */
const TEXT_MARKER =
  /(?:^|\n|[.!?:]\s+)\s*(?:review|product review|customer review|text|input)\s*[:：]\s*/i;

/**
 * Reads the task from the messages of a request. A prompt that names no task asks for a summary.
 */
export function readTask(system: string, user: string): ReviewTask {
  const marker = TEXT_MARKER.exec(user);
  if (marker) {
    const before = user.slice(0, marker.index + (/^[.!?:]/.test(marker[0]) ? 1 : 0));
    const instruction = `${system}\n${before}`.trim();
    const text = user.slice(marker.index + marker[0].length).trim();
    const about = before.split("\n").filter((line) =>
      /^\s*[\p{L} ]{2,20}[:：]\s*\S/u.test(line) && !kindIn(line)
    )
      .map((line) => line.replace(/^[^:：]*[:：]\s*/u, "")).join("\n");
    return { kind: kindIn(before) ?? kindIn(system) ?? "summary", text, about, instruction };
  }
  const kind = kindIn(system);
  if (kind) return { kind, text: user.trim(), about: "", instruction: system };
  // The first sentence or line is the instruction if it names a task.
  const first = /^[^\n]*?(?:[.:：。]\s|\n|[：。]|$)/.exec(user)?.[0] ?? "";
  const named = kindIn(first);
  if (!named) return { kind: "summary", text: user.trim(), about: "", instruction: system };
  const instruction = `${system}\n${first}`.trim();
  return { kind: named, text: user.slice(first.length).trim(), about: "", instruction };
}

function kindIn(text: string): ReviewTask["kind"] | undefined {
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Answers a task in plain words. */
export function answerTask(task: ReviewTask): string {
  switch (task.kind) {
    case "sentiment": {
      const { label } = readMood(task.text);
      return label === "mixed" && !/mixed/i.test(task.instruction) ? "neutral" : label;
    }
    case "summary":
      return summarize(task.text, wordLimit(task.instruction));
    case "category":
      return findCategory(task, categoriesIn(task.instruction));
  }
}

/** Returns the maximum number of words that the instruction names, or else 12. */
function wordLimit(instruction: string): number {
  return Math.max(1, Number(/(\d+)\s*words/i.exec(instruction)?.[1] ?? 12));
}

/** A list after a colon: in one line, as bullets, or both. */
const LIST_AFTER_COLON = new RegExp(
  String.raw`(?:one of|from|among|categories(?: are)?|choose|options)[^:\n]{0,40}?:\s*` +
    String.raw`([^.\n]+(?:\n\s*[-*•][^\n]+)*|(?:\n\s*[-*•][^\n]+)+)`,
  "i",
);

/** Returns the list after "one of:", up to the end of its sentence. */
function categoriesIn(instruction: string): readonly string[] {
  const list = LIST_AFTER_COLON.exec(instruction)?.[1] ??
    /one of (?:these |the following )?([^.\n:]+)/i.exec(instruction)?.[1];
  const names = list?.split(/[,;|/、，\n]|\bor\b/).map((name) =>
    name.replace(/^[\s\-*•"'“”`]+|[\s"'“”`]+$/g, "")
  ).filter((name) => name !== "");
  return names && names.length > 1 ? names : KNOWN_CATEGORIES;
}
