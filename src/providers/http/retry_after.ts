import type { HeaderReader } from "./header_reader.ts";

/**
 * Reads how long the server asks to wait, in milliseconds, from `retry-after-ms` or from
 * `Retry-After` in seconds or as a date.
 *
 * @param now The current time, in milliseconds since 1970.
 * @returns `undefined` if neither header is present and valid.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after}
 */
export function readRetryAfter(headers: HeaderReader, now: number): number | undefined {
  const ms = parseNumber(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const header = headers.get("retry-after");
  const seconds = parseNumber(header, 1000);
  if (seconds !== undefined) return seconds;
  const date = header === null ? undefined : parseDate(header);
  return date === undefined ? undefined : Math.max(0, date - now);
}

/**
 * Dates in the asctime format of HTTP have no time zone and are in UTC. `Date.parse` would use the
 * local time zone.
 */
const NO_TIME_ZONE = /[t ]\d\d:\d\d:\d\d(\.\d+)?( \d{4})?$/i;

/** Parses a date in one of HTTP's formats or RFC 3339's into milliseconds since 1970. */
export function parseDate(header: string): number | undefined {
  // `Date.parse` accepts even "-5" and "in 3". All formats of HTTP have a time of day.
  if (!/\d\d:\d\d:\d\d/.test(header)) return undefined;
  const date = Date.parse(NO_TIME_ZONE.test(header) ? `${header}Z` : header);
  return Number.isNaN(date) ? undefined : date;
}

function parseNumber(header: string | null, factor = 1): number | undefined {
  if (header === null || !/^\d+(\.\d+)?$/.test(header)) return undefined;
  const number = Number(header) * factor;
  return Number.isFinite(number) ? number : undefined;
}
