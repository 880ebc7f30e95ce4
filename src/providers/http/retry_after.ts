/**
 * How long the server asks to wait, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds or as a date.
 *
 * @param now The time, in milliseconds since 1970.
 * @returns `undefined` if it does not ask, or not in a way that can be understood.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#field.retry-after}
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const ms = numberOf(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const header = headers.get("retry-after");
  const seconds = numberOf(header, 1000);
  if (seconds !== undefined) return seconds;
  const date = header === null ? undefined : dateOf(header);
  return date === undefined ? undefined : Math.max(0, date - now);
}

/** HTTP's oldest form of a date has no zone, and means UTC; `Date.parse` would take the zone of the machine. */
const NO_ZONE = /[t ]\d\d:\d\d:\d\d(\.\d+)?( \d{4})?$/i;

/** The moment of a date as HTTP or RFC 3339 writes it, in milliseconds since 1970. */
export function dateOf(header: string): number | undefined {
  // `Date.parse` reads a date even into "-5" and "in 3"; every date that HTTP knows has a time of day.
  if (!/\d\d:\d\d:\d\d/.test(header)) return undefined;
  const date = Date.parse(NO_ZONE.test(header) ? `${header}Z` : header);
  return Number.isNaN(date) ? undefined : date;
}

function numberOf(header: string | null, factor = 1): number | undefined {
  if (header === null || !/^\d+(\.\d+)?$/.test(header)) return undefined;
  const number = Number(header) * factor;
  return Number.isFinite(number) ? number : undefined;
}
