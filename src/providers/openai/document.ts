/** Distinguishes JSON, HTML and server-sent events, whatever the content type is. */
import { describeHtml, isHtml } from "../http/error_body.ts";
import { keepAnswerDigits } from "./exact_answer.ts";
import { DocumentError } from "./provider_error.ts";

/** The first character of nearly all documents, which are objects. */
const BRACE = "{".charCodeAt(0);
/** Comments and blank lines. Servers send them to keep the connection alive. */
const FILLER = /\s+|:[^\r\n]*[\r\n]/y;
/** A field of an event. `error` is llama.cpp's own. */
const FIELD = /^(data|event|id|retry|error)\s*(:|[\r\n]|$)/;
/** The beginning of a text that was cut anywhere. */
const FIELD_START = /^(d|da|dat|e|ev|eve|even|er|err|erro|i|r|re|ret|retr)$/;

/**
 * Whether a text begins with server-sent events, rather than with JSON or HTML. Returns `undefined`
 * if that is not known yet, as there are only comments and blank lines.
 */
export function beginsWithEvents(text: string): boolean | undefined {
  if (text.charCodeAt(0) === BRACE) return false;
  const rest = removeFiller(text);
  if (rest === "" || rest.startsWith(":") || FIELD_START.test(rest)) return undefined;
  return FIELD.test(rest);
}

/** Returns a text without the comments and blank lines at its beginning. */
export function removeFiller(text: string): string {
  let end = 0;
  // A repeated group would need memory for each repetition, of which there may be millions.
  for (FILLER.lastIndex = 0; FILLER.test(text);) end = FILLER.lastIndex;
  return text.slice(end);
}

/**
 * Parses the body of a complete response. Its text is not quoted in errors.
 *
 * @throws {DocumentError} If it is not JSON.
 */
// deno-lint-ignore no-explicit-any -- untrusted input, checked by the reader
export function parseDocument(text: string): any {
  let body = text;
  if (text.charCodeAt(0) !== BRACE) {
    body = removeFiller(text);
    if (body === "") throw new DocumentError("is empty");
    if (isHtml(body)) throw new DocumentError(`is ${describeHtml(body)}: check the base URL`);
  }
  try {
    const json = JSON.parse(body);
    keepAnswerDigits(json, body);
    return json;
  } catch {
    throw new DocumentError("is not JSON");
  }
}
