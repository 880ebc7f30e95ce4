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
  const seconds = numberOf(header);
  if (seconds !== undefined) return seconds * 1000;
  const date = header === null ? NaN : Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function numberOf(header: string | null): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const number = Number(header);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
