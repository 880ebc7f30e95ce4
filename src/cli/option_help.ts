import type { Option } from "commander";
import { parseBytes, parseDuration, parseDurationOrZero } from "./parse_value.ts";

/**
 * Returns the description of an option for `--help`, with its default as a user would type it:
 * `10s` instead of `10000`. Defaults that are `false` or empty are not shown.
 */
export function describeOption({ description, defaultValue, parseArg }: Option): string {
  const shown = formatDefault(defaultValue, parseArg);
  return shown === undefined ? description : `${description} (default: ${shown})`;
}

function formatDefault(value: unknown, parseArg: Option["parseArg"]): string | undefined {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "number") return undefined;
  if (parseArg === parseDuration || parseArg === parseDurationOrZero) {
    return `${value / 1_000}s`;
  }
  if (parseArg === parseBytes && value % 1e6 === 0) return `${value / 1e6}m`;
  return String(value);
}
