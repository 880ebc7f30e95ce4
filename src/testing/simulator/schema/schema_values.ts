/**
 * The single values of an answer that fits a JSON Schema: numbers, texts, choices.
 */
import { categoryOf, isToxic, moodOf, summarise } from "../../../../examples/_lexicon/lexicon.ts";
import { answerTask, type Task, wordLimit } from "../../../../examples/_lexicon/task.ts";
import { textLike } from "./text_for_pattern.ts";

/** A JSON Schema that is an object. */
export type Schema = Readonly<Record<string, unknown>>;

/** A number within the bounds; scores follow the mood. */
export function makeNumber(schema: Schema, name: string, task: Task): number {
  const whole = schema.type === "integer" || Number.isInteger(schema.multipleOf);
  const step = Number(schema.multipleOf ?? (whole ? 1 : 0));
  const gap = step || 1e-3;
  let low = Math.max(
    bound(schema.minimum, -Infinity),
    bound(schema.exclusiveMinimum, -Infinity) + gap,
  );
  let high = Math.min(
    bound(schema.maximum, Infinity),
    bound(schema.exclusiveMaximum, Infinity) - gap,
  );
  if (low === -Infinity) low = high === Infinity ? 0 : Math.min(0, high);
  if (high === Infinity) high = Math.max(low, /star|rating/i.test(name) ? 5 : 1);
  const { score } = moodOf(task.text);
  const share = /confiden|certain|probab/i.test(name)
    ? 0.9
    : /score|sentiment|rating|stars|polarity/i.test(name)
    ? 0.5 + Math.max(-0.5, Math.min(0.5, score / 4))
    : 0.5;
  const value = low + (high - low) * share;
  if (step === 0) return Math.max(low, Math.min(high, Math.round(value * 1000) / 1000));
  const stepped = Math.round(value / step) * step;
  if (stepped > high) return Math.floor(high / step) * step;
  return stepped < low ? Math.ceil(low / step) * step : stepped;
}

/** Yes or no, by what is asked. */
export function makeFlag(name: string, task: Task): boolean {
  if (/toxic|offensive|abusive|insult|hate|spam/i.test(name)) return isToxic(task.text);
  if (/negative|complain|refund|urgent/i.test(name)) return moodOf(task.text).score < 0;
  return moodOf(task.text).score >= 0;
}

/** A text within the lengths. */
export function makeText(schema: Schema, name: string, task: Task): string {
  const format = FORMATS[String(schema.format)];
  if (format !== undefined) return format;
  if (typeof schema.pattern === "string") return textLike(schema.pattern);
  const [least, most] = [Number(schema.minLength ?? 0), Number(schema.maxLength ?? Infinity)];
  let text = say(name, task);
  while (text.length < least) text += text === "" ? "word" : ` ${text}`;
  return text.length > most
    ? text.slice(0, most).trimEnd().padEnd(Math.min(least, most), ".")
    : text;
}

/** What a text of that name should say. */
function say(name: string, task: Task): string {
  const { text, instruction } = task;
  if (/summar|headline|title|tldr|gist/i.test(name)) {
    return summarise(text, wordLimit(instruction));
  }
  if (/sentiment|mood|polarity/i.test(name)) {
    return answerTask({ ...task, kind: "sentiment" });
  }
  if (/categor|topic/i.test(name)) return answerTask({ ...task, kind: "category" });
  if (/language|locale/i.test(name)) return "en";
  if (/reason|explan|rationale|why/i.test(name)) {
    return `The text reads as ${moodOf(text).label}.`;
  }
  return answerTask(task);
}

/** One of these: a feeling, a verdict or a category. */
export function choose(values: readonly unknown[], task: Task): unknown {
  const { text, kind } = task;
  const texts = values.filter((value): value is string => typeof value === "string");
  if (texts.length === 0) return values[0];
  const mood = moodOf(text).label;
  const moods = texts.filter((value) => MOODS.some(([, pattern]) => pattern.test(value)));
  if (moods.length > 1) {
    const like = (label: string) => moods.find((value) => named(label)?.test(value));
    return like(mood) ?? like("neutral") ?? like("mixed") ?? moods[0];
  }
  if (kind === "toxicity" || texts.some((value) => /toxic/i.test(value))) {
    const bad = texts.find((value) => /^(?:toxic|yes|unsafe|offensive)/i.test(value));
    const fine = texts.find((value) => value !== bad);
    return (isToxic(text) ? bad : fine) ?? texts[0];
  }
  return categoryOf(task, texts);
}

const MOODS: readonly (readonly [string, RegExp])[] = [
  ["positive", /^(?:very[ _-]?)?(?:pos|good|happy|satisfied|👍)/iu],
  ["negative", /^(?:very[ _-]?)?(?:neg|bad|unhappy|dissatisfied|👎)/iu],
  ["neutral", /^neutr/i],
  ["mixed", /^mixed/i],
];

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-15T12:00:00Z",
  date: "2026-01-15",
  time: "12:00:00Z",
  duration: "P1D",
  email: "someone@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

function named(label: string): RegExp | undefined {
  return MOODS.find(([name]) => name === label)?.[1];
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
