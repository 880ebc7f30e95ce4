/** Parses the values of options. Errors say what the value must be; commander adds the flag. */
import { InvalidArgumentError } from "commander";

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** Parses a positive number, such as `0.5`, `1_000`, `1e6` or `200k`. */
export function parsePositive(text: string): number {
  const [, digits = "", unit = ""] = /^([\d_.]+(?:e\d+)?)([km]?)$/i.exec(text) ?? [];
  const number = Number(digits.replaceAll("_", "")) * SIZE_UNITS[unit.toLowerCase()]!;
  if (digits === "" || !(number > 0) || !Number.isFinite(number)) {
    throw new InvalidArgumentError("It must be a positive number.");
  }
  return number;
}

/** Parses a positive integer. */
export function parseCount(text: string): number {
  let number;
  try {
    number = parsePositive(text);
  } catch {
    // Not a number at all.
  }
  if (Number.isSafeInteger(number)) return number!;
  throw new InvalidArgumentError("It must be a positive integer.");
}

/** Parses an integer, 0 or more. */
export function parseWhole(text: string): number {
  if (text === "0") return 0;
  try {
    return parseCount(text);
  } catch {
    throw new InvalidArgumentError("It must be an integer, 0 or more.");
  }
}

/** Parses any finite number. */
export function parseNumber(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) {
    throw new InvalidArgumentError("It must be a number.");
  }
  return number;
}

/** Parses a port. */
export function parsePort(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) {
    throw new InvalidArgumentError("It must be a port, from 0 to 65535.");
  }
  return number;
}

/** Parses a URL of a server. */
export function parseServerUrl(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? "")) {
    throw new InvalidArgumentError("It must be an http or https URL.");
  }
  return text;
}

/** Parses a positive time such as `500ms`, `30s`, `5m` or `2h` into milliseconds. */
export function parseDuration(text: string): number {
  const ms = parseDurationOrZero(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be a positive time such as 500ms, 30s, 5m or 2h.");
}

/** Parses a time such as `0`, `500ms` or `30s` into milliseconds; the default unit is seconds. */
export function parseDurationOrZero(text: string): number {
  const [, digits = "", unit = "s"] = /^([\d.]+)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * TIME_UNITS[unit]!;
  if (digits === "" || !Number.isFinite(ms)) {
    throw new InvalidArgumentError("It must be a time such as 500ms, 30s, 5m or 2h.");
  }
  return ms;
}

/** Parses a number of bytes such as `64k`, `16m` or `1g`. */
export function parseBytes(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? [];
  const number = Number(digits) * SIZE_UNITS[unit.toLowerCase()]!;
  if (!(number > 0)) {
    throw new InvalidArgumentError("It must be a number of bytes such as 64k, 16m or 1g.");
  }
  return number;
}

/** Parses a delimiter of CSV fields. */
export function parseDelimiter(text: string): string {
  if (text === "" || /["\r\n]/.test(text)) {
    throw new InvalidArgumentError(
      "It must be a text without quotes and line breaks, such as ; or |.",
    );
  }
  return text;
}

/**
 * Parses pairs `name=value`, separated by commas, and adds them to the previous ones.
 *
 * @param form The form of a pair, for the message.
 */
export function parsePairs(
  text: string,
  previous: Record<string, string> = {},
  form = "param=column",
): Record<string, string> {
  const all = { ...previous };
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1 || at === pair.length - 1) {
      throw new InvalidArgumentError(`It must be ${form}.`);
    }
    all[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return all;
}

/** Parses names that are separated by commas. */
export function parseNames(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** Parses a concurrency: a number, or `adaptive`. */
export function parseConcurrency(text: string): number | "adaptive" {
  if (text === "adaptive") return text;
  try {
    return parseCount(text);
  } catch {
    throw new InvalidArgumentError("It must be a positive integer, or adaptive.");
  }
}

/** Parses a price in US dollars per million input and output tokens: `0.25,2`. */
export function parsePrice(text: string): { readonly input: number; readonly output: number } {
  const [input, output, ...rest] = text.split(",").map(Number);
  if (!(input! >= 0) || !(output! >= 0) || rest.length > 0) {
    throw new InvalidArgumentError(
      "It must be US dollars per million input and output tokens, such as 0.25,2.",
    );
  }
  return { input: input!, output: output! };
}
