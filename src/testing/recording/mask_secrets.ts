/**
 * Masks what must not leave a machine with a recording: API keys, cookies, and the ids of
 * organisations, projects, accounts and users. Every mask is as long as what it replaces, so that
 * the borders of chunks and the size of a body stay as they were.
 */
import { Buffer } from "node:buffer";

/** The value of a header that is not recorded. */
export const MASKED = "***";

/** Request headers that are recorded. Any other may hold a key. */
const REQUEST_HEADERS = wholeName([
  "accept(-language)?",
  "anthropic-(beta|version)",
  "content-(length|type)",
  "openai-beta",
  "user-agent",
  "x-stainless-.*",
]);

/** Response headers that are recorded. Any other may hold a cookie or the id of an account. */
const RESPONSE_HEADERS = wholeName([
  "(x-|anthropic-)?(rate-?|token)limit.*",
  "cache-control",
  "content-(length|type)",
  "date",
  "location",
  "openai-(model|processing-ms|version)",
  "retry-after(-ms)?",
  "server",
  "transfer-encoding",
  "x-request-id",
  "x-should-retry",
]);

function wholeName(patterns: readonly string[]): RegExp {
  return new RegExp(`^(${patterns.join("|")})$`);
}

/** Query parameters that are recorded. */
const QUERY = new Set(["api-version", "after", "alt", "before", "limit", "order", "stream"]);

/** Hosts whose first label names a customer. */
const CUSTOMER_HOST = new RegExp(
  "^[^.]+(?=(\\.[^.]+)*\\.(azure\\.com|azure\\.us|azure\\.cn|snowflakecomputing\\.com|" +
    "databricks\\.com|azuredatabricks\\.net|huggingface\\.cloud|modal\\.run|runpod\\.net|" +
    "runpod\\.ai|baseten\\.co|maas\\.aliyuncs\\.com|workers\\.dev|run\\.app|ts\\.net)$)",
);

/**
 * A path segment after one of these is the id of a customer. So is the account of Cloudflare's
 * gateway, 32 hexadecimal digits.
 */
const CUSTOMER_PATH = new RegExp(
  "(?<=/(accounts?|organi[sz]ations?|orgs|projects?|subscriptions|tenants|workspaces)/)[^/]+|" +
    "(?<=/)[0-9a-f]{32}(?=/|$)",
  "g",
);

/** Forms of keys and ids, wherever they stand. */
const SECRETS: readonly RegExp[] = [
  // API keys of OpenAI, Anthropic, OpenRouter, Groq, xAI, Perplexity, Hugging Face and others.
  new RegExp(
    "\\b(?:sk|pk|rk|gsk|xai|pplx|hf|r8|csk|nvapi|fw|tgp|or|key|ghp|gho|github_pat)" +
      "[-_](?=[\\w-]*\\d)[\\w-]{12,}",
    "g",
  ),
  /\bAIza[\w-]{30,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}/g,
  /(?<=\bBearer )[\w.~+/=-]{8,}/g,
  // Ids of organisations, projects, accounts and users.
  /\b(?:org|proj|acct|user|usr|cus|team|ws)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{10,}/g,
];

/** Members of JSON whose values are ids or keys. Within a text, as in an answer, they are kept. */
const MEMBERS = new RegExp(
  '(?<=(?<!\\\\)"(?:user_id|account_id|accountId|organization_id|org_id|project_id|' +
    "workspace_id|tenant_id|api_key|apiKey|access_token|safety_identifier|prompt_cache_key|" +
    'user)"\\s*:\\s*")[^"\\\\]+',
  "g",
);

/** Secrets shorter than this are not looked for: they may be part of any word. */
const MIN_SECRET_LENGTH = 8;

/** Returns the secrets in the headers of a request: the values that are not recorded. */
export function secretsOf(headers: Headers): string[] {
  return [...headers]
    .filter(([name]) => !REQUEST_HEADERS.test(name))
    .flatMap(([, value]) => [value, value.replace(/^\w+ /, "")])
    .filter((value) => value.length >= MIN_SECRET_LENGTH);
}

/** Masks the secrets in a text. Its length stays the same. */
export function maskText(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, stars);
  for (const pattern of SECRETS) masked = masked.replace(pattern, stars);
  return masked.replace(MEMBERS, stars);
}

/** Masks the secrets in UTF-8 text. The number of bytes stays the same. */
export function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  // One character per byte. All secrets that are looked for are ASCII.
  return Buffer.from(maskText(Buffer.from(bytes).toString("latin1"), secrets), "latin1");
}

/** Returns the headers of a request with the values masked that are not recorded. */
export function maskRequestHeaders(headers: Headers): Record<string, string> {
  return maskHeaders(headers, REQUEST_HEADERS);
}

/** Returns the headers of a response with the values masked that are not recorded. */
export function maskResponseHeaders(headers: Headers): Record<string, string> {
  return maskHeaders(headers, RESPONSE_HEADERS);
}

function maskHeaders(headers: Headers, recorded: RegExp): Record<string, string> {
  return Object.fromEntries(
    [...headers].map(([name, value]) => [
      name,
      recorded.test(name) ? maskText(value, []) : MASKED,
    ]),
  );
}

/** Masks the customer in the URL of a server. */
export function maskServer(server: string): string {
  const url = new URL(server);
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  const host = url.host.replace(CUSTOMER_HOST, MASKED);
  return `${url.protocol}//${host}${maskPath(url.pathname)}`;
}

/** Masks the ids in a path, and the values of unknown query parameters. */
export function maskPath(path: string): string {
  const [name = "", query] = path.split("?", 2);
  const masked = maskText(name.replace(CUSTOMER_PATH, stars), []);
  if (!query) return masked;
  const pairs = [...new URLSearchParams(query)].map(([key, value]) =>
    `${encodeURIComponent(key)}=${QUERY.has(key) ? encodeURIComponent(value) : MASKED}`
  );
  return `${masked}?${pairs.join("&")}`;
}

function stars(secret: string): string {
  return "*".repeat(secret.length);
}
