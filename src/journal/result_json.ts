/** Results as text, and back: also those of workflows, which have the results and errors of their parts in them. */
import { isRecord } from "../model/check.ts";
import { AgentError } from "../model/errors.ts";
import type { JournalStored } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { readError, writeError, type WrittenError } from "./error_json.ts";
import { readValue, writeValue, type WrittenValue } from "./value_json.ts";

/** What is written of a result that says nothing of what it is about. */
const BARE: ReadonlySet<string> = new Set([
  "ok",
  "status",
  "route",
  "finishReason",
  "agent",
  "model",
  "usage",
  "cost",
  "attempts",
  "startedAt",
  "durationMs",
  "timing",
  "usedFallback",
  "cached",
]);

/** Members that are JSON as they are. */
const PLAIN: ReadonlySet<string> = new Set([...BARE, "toolCalls"]);

/** What belongs to the call and not to how it ended. */
const NOT_KEPT: ReadonlySet<string> = new Set(["metadata", "replayed"]);

/**
 * Writes a result.
 *
 * @throws If there is something in it that can be written in no way.
 */
export function writeResult(result: Result, stored: JournalStored): string {
  return JSON.stringify(written(result, stored === "none"));
}

/**
 * Reads a result, as it was.
 *
 * @throws If the text is not one that was written by {@linkcode writeResult}.
 */
export function readResult(text: string): Result {
  const json: unknown = JSON.parse(text);
  if (!isRecord(json) || typeof json.ok !== "boolean") throw new TypeError("This is no result");
  return result(json);
}

function written(result: Result, bare: boolean): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(result)) {
    if (value === undefined || NOT_KEPT.has(name) || (bare && !BARE.has(name))) continue;
    if (name === "error") continue;
    if (name === "content") json.content = writeValue(value);
    else if (PLAIN.has(name)) json[name] = value;
    else if (!Array.isArray(value) || value.length > 0) json[name] = nested(value);
  }
  if (result.error !== undefined) json.error = writeError(result.error, result, bare);
  return json;
}

function result({ content, error, ...json }: Record<string, unknown>): Result {
  const base: Record<string, unknown> = { toolCalls: [], children: [] };
  for (const [name, value] of Object.entries(json)) {
    base[name] = PLAIN.has(name) ? value : read(value);
  }
  return {
    ...base,
    content: content === undefined ? undefined : readValue(content as WrittenValue),
    ...(error !== undefined &&
      { error: readError(error as WrittenError, base as unknown as Result) }),
    replayed: false,
  } as unknown as Result;
}

/** Results and errors within, by a mark of their own; everything else is the word of a workflow of ours. */
function nested(value: unknown): unknown {
  if (value instanceof AgentError) return { $error: writeError(value, undefined, false) };
  if (Array.isArray(value)) return value.map(nested);
  if (!isRecord(value)) return writeValue(value);
  if (isResult(value)) return { $result: written(value as unknown as Result, false) };
  return { $members: Object.fromEntries(Object.entries(value).map(([k, v]) => [k, nested(v)])) };
}

function read(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(read);
  const { $error, $result, $members, ...value } = json as Record<string, Record<string, unknown>>;
  if ($error !== undefined) return readError($error as unknown as WrittenError);
  if ($result !== undefined) return result($result);
  if ($members === undefined) return readValue(value as WrittenValue);
  return Object.fromEntries(Object.entries($members).map(([k, v]) => [k, read(v)]));
}

function isResult(value: Record<string, unknown>): boolean {
  return typeof value.ok === "boolean" && Array.isArray(value.attempts) && isRecord(value.usage);
}
