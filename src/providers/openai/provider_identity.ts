import { MIN_KEY_LENGTH } from "../http/redact.ts";

/** Additional headers, as configured. */
type CustomHeaders = Readonly<Record<string, string>>;

const SECRET_NAME = /auth|key|token|secret|cookie|password|credential|signature|session/i;
const SECRET_VALUE = /^(Bearer |Basic |[sp]k-)/i;

/**
 * Returns the values of headers that look like API keys. The names of such headers differ between
 * servers.
 */
export function findSecrets(headers: CustomHeaders = {}): string[] {
  return Object.entries(headers)
    .filter(([name, value]) => isSecret(name, value))
    .map(([, value]) => value.trim().replace(/^(Bearer|Basic) /i, ""));
}

/** Returns the URL of a server without API keys. */
export function publicURL(baseURL: string, keys: readonly string[] = []): string {
  const { origin, pathname } = new URL(baseURL);
  return withoutKeys(origin + pathname, keys);
}

/**
 * Returns a string that identifies a server: its URL and the additional headers, as both may affect
 * the reply. It is the same in every process, and contains no API keys.
 */
export function serverIdentity(
  baseURL: string,
  headers: CustomHeaders = {},
  keys: readonly string[] = [],
): string {
  const url = new URL(baseURL);
  url.username = url.password = url.hash = "";
  url.pathname = url.pathname.replace(/\/+$/, "");
  for (const [name, value] of [...url.searchParams]) {
    if (isSecret(name, value)) url.searchParams.delete(name);
  }
  const visible = Object.entries(headers)
    .filter(([name, value]) => !isSecret(name, value))
    .map(([name, value]) => `${name.toLowerCase()}: ${value.trim()}`)
    .sort();
  // One line each: a header cannot contain a line break.
  return withoutKeys([`openai ${url.href.replace(/\/$/, "")}`, ...visible].join("\n"), keys);
}

function withoutKeys(text: string, keys: readonly string[]): string {
  let rest = text;
  for (const key of keys) {
    if (key.length < MIN_KEY_LENGTH) continue;
    rest = rest.replaceAll(key, "[key]").replaceAll(encodeURIComponent(key), "[key]");
  }
  return rest;
}

/** Whether a header or a parameter of a URL looks like an API key. */
export function isSecret(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || SECRET_VALUE.test(value.trim());
}
