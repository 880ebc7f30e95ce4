/** What can stand behind an option, and what is said where it is something else. */
import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** A number above 0; `1_000`, `1e6` and `200k` are numbers as well. */
export function positive(text: string): number {
  const [, digits = "", size = ""] = /^([\d_.]+(?:e\d+)?)([km]?)$/i.exec(text) ?? [];
  const number = Number(digits.replaceAll("_", "")) * SIZES[size.toLowerCase()]!;
  if (digits === "" || !(number > 0) || !Number.isFinite(number)) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return number;
}

/** 1, 2, 3, … */
export function count(text: string): number {
  const number = positive(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError("It must be a whole number.");
  return number;
}

/** 0, 1, 2, … */
export function whole(text: string): number {
  if (text === "0") return 0;
  try {
    return count(text);
  } catch {
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  }
}

/** A number, also one below 0. */
export function number(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) {
    throw new InvalidArgumentError("It must be a number.");
  }
  return number;
}

/** A port. */
export function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) {
    throw new InvalidArgumentError("It must be a port, from 0 to 65535.");
  }
  return number;
}

/** A span of time above 0 in milliseconds, from `500ms`, `30s`, `5m`, `2h`; a bare number is of seconds. */
export function duration(text: string): number {
  const ms = durationOrNone(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be a time above 0 such as 500ms, 30s, 5m or 2h.");
}

/** The same, or 0. */
export function durationOrNone(text: string): number {
  const [, digits = "", unit = "s"] = /^([\d.]+)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * UNITS[unit]!;
  if (digits === "" || !Number.isFinite(ms)) {
    throw new InvalidArgumentError("It must be a time such as 500ms, 30s, 5m or 2h.");
  }
  return ms;
}

/** A number of bytes, from `64k`, `16m`, `1g`. */
export function bytes(text: string): number {
  const [, digits = "", size = ""] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? [];
  const number = Number(digits) * SIZES[size.toLowerCase()]!;
  if (!(number > 0)) {
    throw new InvalidArgumentError("It must be a number of bytes such as 64k, 16m or 1g.");
  }
  return number;
}

/** What stands between two fields of CSV. */
export function delimiter(text: string): string {
  if (text === "" || /["\r\n]/.test(text)) {
    throw new InvalidArgumentError("It must be a text without quotes and line breaks, as ; or |.");
  }
  return text;
}

/** Pairs `param=column`, one by one or several with commas between. */
export function pairs(text: string, before: Record<string, string> = {}): Record<string, string> {
  const all = { ...before };
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1 || at === pair.length - 1) {
      throw new InvalidArgumentError("It must be param=column.");
    }
    all[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return all;
}

/** Names with commas between. */
export function names(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** Parses a concurrency: a number, or `adaptive`. */
export function concurrency(text: string): number | "adaptive" {
  if (text === "adaptive") return text;
  try {
    return count(text);
  } catch {
    throw new InvalidArgumentError("It must be a whole number above 0, or adaptive.");
  }
}

/** Dollars per million tokens, in and out: `0.25,2`. */
export function price(text: string): { readonly input: number; readonly output: number } {
  const [input, output, ...rest] = text.split(",").map(Number);
  if (!(input! >= 0) || !(output! >= 0) || rest.length > 0) {
    throw new InvalidArgumentError("It must be dollars per million tokens, in and out: 0.25,2");
  }
  return { input: input!, output: output! };
}
