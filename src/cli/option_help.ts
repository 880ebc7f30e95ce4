import type { Option } from "commander";
import * as value from "./parse_value.ts";

/**
 * What `--help` says of an option. A default is written as one would type it: `10s` and not `10000`, which would be read as seconds;
 * that a flag is not set, and an empty list, is nothing worth saying.
 */
export function describeOption({ description, defaultValue, parseArg }: Option): string {
  const isTime = parseArg === value.parseDuration || parseArg === value.parseDurationOrZero;
  const shown = typeof defaultValue === "number"
    ? isTime
      ? `${defaultValue / 1_000}s`
      : parseArg === value.parseBytes
      ? formatBytes(defaultValue)
      : defaultValue
    : typeof defaultValue === "string"
    ? JSON.stringify(defaultValue)
    : undefined;
  return shown === undefined ? description : `${description} (default: ${shown})`;
}

function formatBytes(bytes: number): string {
  return bytes % 1e6 === 0 ? `${bytes / 1e6}m` : String(bytes);
}
