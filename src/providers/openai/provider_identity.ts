/** What tells one server from another, and what nobody must see of it. */

/** Headers of one's own, as they are configured. */
type OwnHeaders = Readonly<Record<string, string>>;

const SECRET_NAME = /auth|key|token|secret|cookie|password|credential|signature|session/i;
const SECRET_VALUE = /^(Bearer |Basic |[sp]k-)/i;

/** Whoever picks a key as short as a word has no secret; taking it out would only spoil the text. */
const SHORTEST_KEY = 8;

/** The values of headers that look like keys: servers of one's own have names of their own for them. */
export function findSecrets(headers: OwnHeaders = {}): string[] {
  return Object.entries(headers)
    .filter(([name, value]) => isSecret(name, value))
    .map(([, value]) => value.trim().replace(/^(Bearer|Basic) /i, ""));
}

/**
 * A name for everything that may shape an answer: the server and the headers that it gets beside the request. The same for the same,
 * in any process, and without any key.
 */
export function serverIdentity(
  baseURL: string,
  headers: OwnHeaders = {},
  keys: readonly string[] = [],
): string {
  const url = new URL(baseURL);
  url.username = url.password = url.hash = "";
  url.pathname = url.pathname.replace(/\/+$/, "");
  for (const [name, value] of [...url.searchParams]) {
    if (isSecret(name, value)) url.searchParams.delete(name);
  }
  const shaping = Object.entries(headers)
    .filter(([name, value]) => !isSecret(name, value))
    .map(([name, value]) => `${name.toLowerCase()}: ${value.trim()}`)
    .sort();
  // A line for each, as no header can hold the end of a line.
  let id = [`openai ${url.href.replace(/\/$/, "")}`, ...shaping].join("\n");
  for (const key of keys) {
    if (key.length < SHORTEST_KEY) continue;
    id = id.replaceAll(key, "[key]").replaceAll(encodeURIComponent(key), "[key]");
  }
  return id;
}

function isSecret(name: string, value: string): boolean {
  return SECRET_NAME.test(name) || SECRET_VALUE.test(value.trim());
}
