import type { ModelRequest } from "../../../model/message.ts";
import { isRecord } from "../../../model/check_options.ts";
import { classifyFailure } from "../../http/classify_failure.ts";
import { ServerError } from "../provider_error.ts";
import { ENCRYPTED_REASONING } from "../reasoning_items.ts";
import { ECHOED_FIELDS } from "../messages/assistant_echo.ts";
import { MAX_TOKENS_FIELDS } from "./max_tokens_field.ts";
import { rejectsField, rejectsInclude } from "./rejected_field.ts";
import type { OptionalPart, RequestForm } from "./request_form.ts";

/** The statuses with which servers reject fields that they do not support. */
const UNSUPPORTED_STATUSES: ReadonlySet<unknown> = new Set([400, 422]);

/** Whether a server rejected a request as it is, and would reject it again. */
export function isRejection(thrown: unknown): thrown is ServerError {
  if (!(thrown instanceof ServerError)) return false;
  // Gateways send errors of other servers with status 200.
  return UNSUPPORTED_STATUSES.has(classifyFailure(thrown.status, thrown.body).status);
}

/** A request that was rejected. */
export interface RejectedForm {
  /** The request. */
  readonly request: ModelRequest;
  /** Its body. */
  readonly body: object;
  /** Its form. */
  readonly form: RequestForm;
  /** Whether the other name of the maximum number of tokens may be tried. */
  readonly mayRename: boolean;
}

/**
 * Returns the form in which a server may accept a request, if it rejected it because of a field
 * that the provider had added. What the user passed is never left out.
 */
export function learnForm(
  thrown: unknown,
  { request: { settings }, body, form, mayRename }: RejectedForm,
): RequestForm | undefined {
  if (!isRejection(thrown)) return undefined;
  const error = thrown.body;
  const isOwn = (name: string) => name in body && settings.extra?.[name] === undefined;
  const rejects = (name: string) => rejectsField(error, name);
  const without = new Set<OptionalPart>(form.without);
  if (isOwn("stream_options") && rejects("stream_options")) without.add("stream_options");
  if (hasOwnInclude(body, settings.extra) && rejectsInclude(error)) without.add("include");
  if (hasStrict(body) && rejects("strict")) without.add("strict");
  if (echoedNames(body).some(rejects)) without.add("echo");

  const rejected = MAX_TOKENS_FIELDS.find((name) => mayRename && isOwn(name) && rejects(name));
  const maxTokensField = rejected === undefined
    ? form.maxTokensField
    : MAX_TOKENS_FIELDS.find((name) => name !== rejected);
  const isSame = without.size === form.without.size && maxTokensField === form.maxTokensField;
  return isSame ? undefined : { without, ...(maxTokensField !== undefined && { maxTokensField }) };
}

/** Whether the body requests encrypted reasoning, and the user does not. */
function hasOwnInclude(body: object, extra: ModelRequest["settings"]["extra"]): boolean {
  const requests = (list: unknown) => Array.isArray(list) && list.includes(ENCRYPTED_REASONING);
  return requests((body as { include?: unknown }).include) && !requests(extra?.include);
}

/** Whether the body has a `strict` flag of an output schema. */
function hasStrict(body: object): boolean {
  const { response_format, text } = body as Record<string, unknown>;
  const format = isRecord(response_format)
    ? response_format.json_schema
    : isRecord(text)
    ? text.format
    : undefined;
  return isRecord(format) && "strict" in format;
}

/** Returns the names of the fields that were sent back with earlier messages. */
function echoedNames(body: object): readonly string[] {
  const { messages } = body as { messages?: unknown };
  if (!Array.isArray(messages)) return [];
  const names = new Set<string>();
  for (const message of messages.filter(isRecord)) {
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
    for (const object of [message, ...calls]) {
      for (const name in object) if (ECHOED_FIELDS.test(name)) names.add(name);
    }
    if (Array.isArray(message.content)) names.add("thinking");
  }
  return [...names];
}
