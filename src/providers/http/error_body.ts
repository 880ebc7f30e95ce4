/**
 * Reads the error objects of all servers: where the reason is, and what else they contain.
 *
 * A reason may stand in `error`, `message`, `detail`, `errors` and other members, each of which may
 * be a text, an object, a list or JSON in a text.
 */
import { isRecord } from "../../model/check_options.ts";

/** What the body of an error says. */
export interface ErrorDetails {
  /** The reason in the server's words, on one line. */
  readonly reason: string | undefined;
  /** The status in the body: gateways send errors of other servers with status 200. */
  readonly status: number | undefined;
  /** All error codes and types, in lower case. */
  readonly codes: ReadonlySet<string>;
  /** The answer of the model, if the server rejected it: `failed_generation`. */
  readonly failedAnswer: string | undefined;
}

/** The deepest level of an error object that is read. */
const MAX_DEPTH = 6;
/** The maximum number of list items that a reason quotes. */
const MAX_ITEMS = 3;
/** The maximum length of the part of an HTML page in which its title is found. */
const MAX_HEAD_LENGTH = 20_000;
/** The maximum length of a reason, before keys are redacted and it is shortened again. */
const MAX_REASON_LENGTH = 4_000;

/** The members that may hold the reason, the most informative first. */
const REASON_MEMBERS = [
  "message",
  "Message",
  "msg",
  "error_message",
  "errorMessage",
  "error_msg",
  "error_description",
  "detail",
  "details",
  "errors",
  "status_msg",
  "faultstring",
  "description",
  "reason",
  "title",
];
/** The members that may hold another error object. */
const NESTED_MEMBERS = ["error", "Error", "errors", "detail", "innererror", "inner_error", "fault"];
const STATUS_MEMBERS = ["status", "status_code", "statusCode", "code", "http_code"];
const CODE_MEMBERS = ["code", "type", "status", "error_code", "reason"];

/** Reads the body of an error: parsed JSON, or text. */
export function readErrorBody(body: unknown): ErrorDetails {
  const objects = collectObjects(parseIfJson(body), 0);
  const codes = new Set<string>();
  for (const object of objects) {
    for (const name of CODE_MEMBERS) {
      const code = object[name];
      if (typeof code === "string" || typeof code === "number") codes.add(`${code}`.toLowerCase());
    }
    // OpenRouter's moderation has no code of its own.
    if (isRecord(object.metadata) && "flagged_input" in object.metadata) {
      codes.add("content_filter");
    }
  }
  // A body that is only a word is a code: {"error": "rate_limit_exceeded"}.
  const word = objects[0]?.error ?? body;
  if (typeof word === "string" && /^\w{1,60}$/.test(word)) codes.add(word.toLowerCase());
  return {
    reason: readErrorReason(body),
    status: findStatus(objects),
    codes,
    failedAnswer: objects.map(({ failed_generation: text }) => text)
      .find((text) => typeof text === "string"),
  };
}

/**
 * Returns the reason that the body of an error contains, on one line, or `undefined` if it has
 * none. An HTML page is not quoted: only its title is.
 */
export function readErrorReason(body: unknown): string | undefined {
  const reason = reasonOf(body, 0)?.trim().slice(0, 2 * MAX_REASON_LENGTH)
    .replaceAll(/\s+/g, " ").slice(0, MAX_REASON_LENGTH);
  // Pydantic's texts quote the input, which may be the prompt.
  return reason?.replaceAll(/, input_value=.*?(?=, input_type=|\]|$)/g, "") || undefined;
}

/** Whether a text is an HTML page: of a proxy, or of a website. */
export function isHtml(text: string): boolean {
  return /^\s*<(!doctype|html|head|body|title|\?xml)/i.test(text);
}

/** Describes an HTML page by its title. */
export function describeHtml(page: string): string {
  // A title is near the beginning. Without bounds, each "<title" would be searched to the end.
  const title = /<title[^>]{0,200}>([^<]{1,100})<\/title>/i.exec(page.slice(0, MAX_HEAD_LENGTH))
    ?.[1]
    ?.replaceAll(/\s+/g, " ");
  return title?.trim() ? `an HTML page with the title "${title.trim()}"` : "an HTML page";
}

function reasonOf(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof value === "string") return reasonInText(value, depth);
  if (Array.isArray(value)) return reasonInList(value, depth);
  if (!isRecord(value)) return undefined;
  // An object is more informative than a message beside it. A text, such as "Bad Request", is less
  // so.
  const error = value.error ?? value.Error ?? value.fault ?? value.base_resp;
  const nested = typeof error === "object" ? reasonOf(error, depth + 1) : undefined;
  if (nested !== undefined) return nested;
  for (const name of REASON_MEMBERS) {
    const reason = reasonOf(value[name], depth + 1);
    if (reason !== undefined) return withPlace(withSource(reason, value, depth), value);
  }
  return typeof error === "string" ? reasonOf(error, depth + 1) : undefined;
}

function reasonInText(text: string, depth: number): string | undefined {
  const json = parseIfJson(text);
  // JSON without a reason may be anything, even the prompt.
  if (json !== text) return reasonOf(json, depth + 1);
  if (isHtml(text)) return describeHtml(text);
  return /^\s*($|[[{]|(null|true|false|[\d.]+)\s*$)/.test(text) ? undefined : text;
}

function reasonInList(list: readonly unknown[], depth: number): string | undefined {
  const reasons = list.map((item) => reasonOf(item, depth + 1)).filter((r) => r !== undefined);
  const others = reasons.length > MAX_ITEMS ? ` (and ${reasons.length - MAX_ITEMS} more)` : "";
  return reasons.length === 0 ? undefined : reasons.slice(0, MAX_ITEMS).join("; ") + others;
}

/** FastAPI names the invalid member in a list: `["body", "messages", 0]`. */
function withPlace(reason: string, { loc }: Record<string, unknown>): string {
  if (!Array.isArray(loc) || loc.length === 0) return reason;
  return `${loc.filter((part) => typeof part !== "object").join(".")}: ${reason}`;
}

/** OpenRouter says "Provider returned error", and appends the error of the provider as a text. */
function withSource(
  reason: string,
  { metadata }: Record<string, unknown>,
  depth: number,
): string {
  if (!isRecord(metadata)) return reason;
  const raw = reasonOf(metadata.raw, depth + 1);
  const source = metadata.provider_name;
  const detail = raw === undefined || raw === reason ? reason : `${reason}: ${raw}`;
  return typeof source === "string" && source !== "" ? `${detail} (${source})` : detail;
}

/** Returns the error objects from the outside in. */
function collectObjects(value: unknown, depth: number): Record<string, unknown>[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ITEMS).flatMap((item) => collectObjects(item, depth + 1));
  }
  if (!isRecord(value)) return [];
  const { metadata, message } = value;
  const inner = [
    ...NESTED_MEMBERS.map((name) => value[name]),
    isRecord(metadata) ? parseIfJson(metadata.raw) : undefined,
    parseIfJson(message),
  ];
  return [value, ...inner.flatMap((item) => collectObjects(item, depth + 1))];
}

function findStatus(objects: readonly Record<string, unknown>[]): number | undefined {
  for (const object of objects) {
    for (const name of STATUS_MEMBERS) {
      const status = Number(object[name] ?? undefined);
      if (status >= 400 && status < 600) return status;
    }
  }
}

/** Parses a text that looks like a JSON object, list or text. Returns anything else unchanged. */
function parseIfJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*["[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
