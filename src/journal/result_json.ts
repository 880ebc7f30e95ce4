/**
 * Converts results to and from JSON, including results of workflows, which contain results and
 * errors.
 */
import { isRecord } from "../model/check_options.ts";
import type { JournalDetail } from "../model/journal.ts";
import { AgentError, type Failure, linkError, type Result } from "../model/result.ts";
import type { Attempt } from "../model/attempt.ts";
import type { Timing } from "../model/timing.ts";
import { readError, writeError, type WrittenError } from "./error_json.ts";
import { readStoredCost, readStoredUsage } from "./stored_usage.ts";
import { readValue, writeValue, type WrittenValue } from "./value_json.ts";

/** The members of every result. All others belong to workflows. */
const KNOWN: ReadonlySet<string> = new Set([
  "ok",
  "content",
  "error",
  "finishReason",
  "agent",
  "model",
  "usage",
  "cost",
  "attempts",
  "toolCalls",
  "children",
  "startedAt",
  "durationMs",
  "timing",
  "usedFallback",
  "cached",
  "response",
  // These belong to the call and not to its outcome: they are not stored.
  "metadata",
  "replayed",
  "resumed",
]);

/** The members of workflows that reveal no content. */
const BARE: ReadonlySet<string> = new Set(["status", "route"]);

/**
 * The stored form of an attempt. Its usage and its cost are `"all"` if they are those of the
 * result, as is common.
 */
type WrittenAttempt = Omit<Attempt, "usage" | "cost"> & {
  readonly usage?: Attempt["usage"] | "all";
  readonly cost?: Attempt["cost"] | "all";
};

/** The stored form of a result. Empty members are omitted. */
interface WrittenResult {
  readonly ok: boolean;
  readonly content?: WrittenValue;
  readonly error?: WrittenError;
  readonly finishReason?: string;
  readonly agent: string;
  readonly model?: string;
  readonly usage: Result["usage"];
  readonly cost?: Result["cost"];
  readonly attempts?: readonly WrittenAttempt[];
  /** The tool calls, or their serialized form if JSON would change them. */
  readonly toolCalls?: Result["toolCalls"] | WrittenValue;
  readonly children?: unknown;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly timing: Partial<Timing>;
  readonly usedFallback?: true;
  readonly cached?: true;
  readonly response?: WrittenValue;
  readonly more?: Record<string, unknown>;
}

/**
 * Converts a result to JSON.
 *
 * @throws If the result contains a value that cannot be serialized.
 */
export function writeResult(result: Result, stored: JournalDetail): string {
  const written = toWritten(result, stored === "none" ? "bare" : "full");
  const { response } = result;
  // A raw answer may be much longer than its content.
  if (stored !== "all" || response === undefined) return JSON.stringify(written);
  return JSON.stringify({ ...written, response: writeValue(response) });
}

/**
 * Restores a result.
 *
 * @throws If the text was not written by {@linkcode writeResult}.
 */
export function readResult(text: string): Result {
  const json: unknown = JSON.parse(text);
  if (!isRecord(json) || typeof json.ok !== "boolean") {
    throw new TypeError("The text is not a result");
  }
  return resultOf(json as unknown as WrittenResult);
}

function toWritten(result: Result, detail: "full" | "bare"): WrittenResult {
  const bare = detail === "bare";
  const { usage, attempts, toolCalls, children, timing, content, error } = result;
  return {
    ok: result.ok,
    content: content === undefined || bare ? undefined : writeValue(content),
    error: error && { ...writeError(error, result, detail), ...ownResult(error, result, detail) },
    finishReason: result.ok ? result.finishReason : undefined,
    agent: result.agent,
    model: result.model,
    usage,
    cost: result.cost,
    attempts: attempts.length === 0 ? undefined : attempts.map((one) => writeAttempt(one, result)),
    toolCalls: toolCalls.length === 0 || bare ? undefined : writeToolCalls(toolCalls),
    children: children.length === 0 || bare ? undefined : nested(children),
    startedAt: result.startedAt,
    durationMs: result.durationMs,
    timing: {
      queuedMs: timing.queuedMs || undefined,
      limitedMs: timing.limitedMs || undefined,
      limitedBy: timing.limitedBy,
      backoffMs: timing.backoffMs || undefined,
      modelMs: timing.modelMs || undefined,
      toolsMs: timing.toolsMs || undefined,
      connectMs: timing.connectMs,
      firstTokenMs: timing.firstTokenMs,
      generationMs: timing.generationMs,
    },
    usedFallback: result.usedFallback || undefined,
    cached: result.cached || undefined,
    more: moreOf(result, detail),
  };
}

function writeAttempt(attempt: Attempt, { usage, cost }: Result): WrittenAttempt {
  return {
    ...attempt,
    replayed: undefined,
    ...(attempt.usage === usage && { usage: "all" }),
    ...(attempt.cost !== undefined && attempt.cost === cost && { cost: "all" }),
  };
}

/**
 * Converts the result that an error carries, if it is another one than `of`: an item of `each`
 * fails with the error of a call inside it, whose parts were billed.
 */
function ownResult(
  error: AgentError,
  of: Result,
  detail: "full" | "bare",
): Pick<WrittenError, "result"> | undefined {
  const own = error.result;
  // Copies of a result share its list of attempts.
  if (detail === "bare" || own === undefined || own.attempts === of.attempts) return undefined;
  return { result: toWritten({ ...own, error: undefined } as unknown as Result, detail) };
}

/** Converts tool calls. They stay as they are unless they have bigints or other such values. */
function writeToolCalls(toolCalls: Result["toolCalls"]): WrittenResult["toolCalls"] {
  const written = writeValue(toolCalls);
  return "value" in written && written.digits === undefined ? toolCalls : written;
}

function readToolCalls(json: WrittenResult["toolCalls"]): Result["toolCalls"] {
  if (json === undefined || Array.isArray(json)) return json ?? [];
  return readValue(json as WrittenValue) as Result["toolCalls"];
}

/** Returns the members that only workflows have. */
function moreOf(result: Result, detail: "full" | "bare"): Record<string, unknown> | undefined {
  let more: Record<string, unknown> | undefined;
  for (const name in result) {
    if (KNOWN.has(name) || (detail === "bare" && !BARE.has(name))) continue;
    const value = (result as unknown as Record<string, unknown>)[name];
    if (value !== undefined) (more ??= {})[name] = nested(value);
  }
  return more;
}

function resultOf(json: WrittenResult): Result {
  const { content, error, timing, response, more } = json;
  const usage = readStoredUsage(json.usage);
  const cost = readStoredCost(json.cost);
  const attempts = (json.attempts ?? []).map((one) => ({
    ...one,
    ...(one.usage !== undefined &&
      { usage: one.usage === "all" ? usage : readStoredUsage(one.usage) }),
    ...(one.cost === "all" && { cost }),
  } as Attempt));
  const result = {
    ok: json.ok,
    content: content && readValue(content),
    ...(json.ok && { finishReason: json.finishReason }),
    agent: json.agent,
    model: json.model,
    usage,
    cost,
    attempts,
    toolCalls: readToolCalls(json.toolCalls),
    children: json.children === undefined ? [] : read(json.children),
    startedAt: json.startedAt,
    durationMs: json.durationMs,
    timing: { queuedMs: 0, limitedMs: 0, backoffMs: 0, modelMs: 0, toolsMs: 0, ...timing },
    usedFallback: json.usedFallback ?? false,
    cached: json.cached ?? false,
    replayed: false,
    ...(response !== undefined && { response: readValue(response) as Result["response"] }),
    ...(error !== undefined && { error: errorOf(error, { attempts, usage }) }),
  };
  if (more !== undefined) Object.assign(result, membersOf(more, read));
  const whole = withOneErrorEach(result as unknown as Result);
  if (whole.error !== undefined && whole.error.result === undefined) linkError(whole);
  return whole;
}

function errorOf(written: WrittenError, of: Pick<Result, "attempts" | "usage">): AgentError {
  const error = readError(written, of);
  if (written.result !== undefined) {
    linkError({ ...resultOf(written.result as WrittenResult), error } as Failure);
  }
  return error;
}

/** An error of a branch is one object, in `errors` and in the branch. */
function withOneErrorEach(result: Result): Result {
  const { errors, branches } = result;
  if (errors === undefined || branches === undefined) return result;
  const same = Object.entries(errors).map((
    [name, error],
  ) => [name, branches[name]?.error ?? error]);
  return { ...result, errors: Object.fromEntries(same) };
}

/** Converts a member of a workflow. Results and errors are marked by `$result` and `$error`. */
function nested(value: unknown): unknown {
  if (value instanceof AgentError) return { $error: writeError(value, undefined, "full") };
  if (Array.isArray(value)) return value.map(nested);
  if (!isRecord(value)) return writeValue(value);
  if (isResult(value)) return { $result: toWritten(value as unknown as Result, "full") };
  return { $members: membersOf(value, nested) };
}

function read(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(read);
  const { $error, $result, $members, ...value } = json as {
    readonly $error?: WrittenError;
    readonly $result?: WrittenResult;
    readonly $members?: Record<string, unknown>;
  };
  if ($error !== undefined) return readError($error);
  if ($result !== undefined) return resultOf($result);
  return $members === undefined ? readValue(value as WrittenValue) : membersOf($members, read);
}

function membersOf(
  value: Record<string, unknown>,
  of: (member: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, of(member)]));
}

function isResult(value: Record<string, unknown>): boolean {
  return typeof value.ok === "boolean" && Array.isArray(value.attempts) && isRecord(value.usage);
}
