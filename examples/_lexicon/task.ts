/**
 * Finds out what a prompt asks for: which task, on which text, with which words to choose from.
 */
import { categoryOf, isToxic, KNOWN_CATEGORIES, moodOf, summarise } from "./lexicon.ts";

/** A prompt, understood as far as a lexicon can. */
export interface Task {
  kind: "sentiment" | "summary" | "category" | "toxicity" | "other";
  /** The text to work on. */
  text: string;
  /** What else is told about it, such as the name of the product; may be empty. */
  about: string;
  /** What came with it: system messages and what stands in front of the text. */
  instruction: string;
}

const KINDS: readonly (readonly [Task["kind"], RegExp])[] = [
  ["toxicity", /\btoxic|\boffensive\b|\babusive\b/i],
  ["sentiment", /sentiment|stimmung|positive[^.]*negative|感情|情感|情绪/i],
  ["summary", /summar|\btl;?dr|zusammenfass|résum|\bresum|riassu|\bresumo|要約|总结|總結|摘要/i],
  ["category", /categor|kategori|catégor|classif|\btopic\b|カテゴリ|类别|分类/i],
];

/** What may stand between the instruction and the text. */
const MARK =
  /(?:^|\n|[.!?:]\s+)\s*(?:review|product review|customer review|text|input|comment|message|feedback|bewertung|rezension|avis|reseña|recensione|avaliação|レビュー|评论)\s*[:：]\s*/i;

/** Reads the messages of a request. */
export function readTask(system: string, user: string): Task {
  const mark = MARK.exec(user);
  if (mark) {
    const before = user.slice(0, mark.index + (/^[.!?:]/.test(mark[0]) ? 1 : 0));
    const instruction = `${system}\n${before}`.trim();
    const text = user.slice(mark.index + mark[0].length).trim();
    const about = before.split("\n").filter((line) =>
      /^\s*[\p{L} ]{2,20}[:：]\s*\S/u.test(line) && !kindOf(line)
    )
      .map((line) => line.replace(/^[^:：]*[:：]\s*/u, "")).join("\n");
    return { kind: kindOf(before) ?? kindOf(system) ?? "other", text, about, instruction };
  }
  const bySystem = kindOf(system);
  if (bySystem) return { kind: bySystem, text: user.trim(), about: "", instruction: system };
  // The instruction is the first sentence or line, if that names a task.
  const first = /^[^\n]*?(?:[.:：。]\s|\n|[：。]|$)/.exec(user)?.[0] ?? "";
  const kind = kindOf(first);
  if (!kind) return { kind: "other", text: user.trim(), about: "", instruction: system };
  const instruction = `${system}\n${first}`.trim();
  return { kind, text: user.slice(first.length).trim(), about: "", instruction };
}

function kindOf(text: string): Task["kind"] | undefined {
  return KINDS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** The answer in plain words. */
export function answerTask(task: Task): string {
  switch (task.kind) {
    case "sentiment": {
      const { label } = moodOf(task.text);
      return label === "mixed" && !/mixed/i.test(task.instruction) ? "neutral" : label;
    }
    case "summary":
      return summarise(task.text, wordLimit(task.instruction));
    case "category":
      return categoryOf(task, categoriesIn(task.instruction));
    case "toxicity":
      if (/\byes\b/i.test(task.instruction)) return isToxic(task.text) ? "yes" : "no";
      return isToxic(task.text) ? "toxic" : "not toxic";
    default:
      return chat(task.text);
  }
}

/** "in at most 12 words" */
export function wordLimit(instruction: string): number {
  const limit = /(\d+)\s*(?:words|wörter|mots|palabras|parole|palavras|語|词)/i.exec(instruction);
  return Math.max(1, Number(limit?.[1] ?? 12));
}

/** The list behind "one of:", up to the end of its sentence. */
export function categoriesIn(instruction: string): readonly string[] {
  const list =
    /(?:one of|from|among|categories(?: are)?|choose|options)[^:\n]{0,40}?:\s*([^.\n]+(?:\n\s*[-*•][^\n]+)*|(?:\n\s*[-*•][^\n]+)+)/i
      .exec(instruction)?.[1] ??
      /one of (?:these |the following )?([^.\n:]+)/i.exec(instruction)?.[1];
  const names = list?.split(/[,;|/、，\n]|\bor\b/).map((name) =>
    name.replace(/^[\s\-*•"'“”`]+|[\s"'“”`]+$/g, "")
  ).filter((name) => name !== "");
  return names && names.length > 1 ? names : KNOWN_CATEGORIES;
}

/** A polite sentence that is the same for the same question. */
function chat(text: string): string {
  if (text === "") return "There is nothing to answer yet.";
  const quoted = /\b(?:say|reply|respond|answer)\b[^"“'\n]*["“']([^"”']+)["”']/i.exec(text)?.[1] ??
    /\b(?:say|reply with|respond with|answer with)(?: only| exactly| just)?(?: the words?)?:? ([\p{L}\p{N}]+)[.!]?$/iu
      .exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  if (/^(?:hi|hello|hey|good (?:morning|day|evening))\b/i.test(text)) {
    return "Hello! How can I help you?";
  }
  const topic = summarise(text, 12);
  return /[?？؟]\s*$/.test(text)
    ? `A short answer to "${topic}": it depends on what matters most to you.`
    : `Understood: ${topic}.`;
}
