/** Makes the single values of an answer that fits a JSON Schema: numbers and texts. */
import { textForPattern } from "./text_for_pattern.ts";

/** A JSON Schema that is an object. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** At most this many words of the request are repeated in an answer. */
const ECHOED_WORDS = 12;

/** A request for an answer in quotes: `Say "yes"`. */
const QUOTED_ANSWER = /\b(?:say|reply|respond|answer)\b[^"“'\n]*["“']([^"”']+)["”']/i;

/** Returns the generic answer to a text: its first words, or what it asks to say in quotes. */
export function genericText(text: string): string {
  const quoted = QUOTED_ANSWER.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  const words = text.match(/\S+/g) ?? [];
  if (words.length === 0) return "Simulated answer.";
  const more = words.length > ECHOED_WORDS ? " …" : "";
  return `Simulated answer to: ${words.slice(0, ECHOED_WORDS).join(" ")}${more}`;
}

/** Makes a number in the middle of its bounds; without bounds they are 0 and 1. */
export function makeNumber(schema: SchemaObject): number {
  const isInteger = schema.type === "integer" || Number.isInteger(schema.multipleOf);
  const step = Number(schema.multipleOf ?? (isInteger ? 1 : 0));
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
  if (high === Infinity) high = Math.max(low, 1);
  const value = low + (high - low) / 2;
  if (step === 0) return Math.max(low, Math.min(high, Math.round(value * 1000) / 1000));
  const stepped = Math.round(value / step) * step;
  if (stepped > high) return Math.floor(high / step) * step;
  return stepped < low ? Math.ceil(low / step) * step : stepped;
}

/** Makes a text that keeps the format, the pattern and the lengths, named after its property. */
export function makeText(schema: SchemaObject, name: string, request: string): string {
  const format = FORMATS[String(schema.format)];
  if (format !== undefined) return format;
  if (typeof schema.pattern === "string") return textForPattern(schema.pattern);
  const minLength = Number(schema.minLength ?? 0);
  const maxLength = Number(schema.maxLength ?? Infinity);
  let text = name === "" ? genericText(request) : `simulated ${name}`;
  while (text.length < minLength) text += ` ${text}`;
  return text.length > maxLength
    ? text.slice(0, maxLength).trimEnd().padEnd(Math.min(minLength, maxLength), ".")
    : text;
}

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

function bound(value: unknown, defaultValue: number): number {
  return typeof value === "number" ? value : defaultValue;
}
