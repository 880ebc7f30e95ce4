import { isRecord } from "../../model/check_options.ts";
import { parseForWriting } from "../../model/exact_json.ts";
import { isContentValue } from "./content_value.ts";

/** The parts of a response, or of an event, that may have an answer as an object. */
interface AnswerHolder {
  readonly choices?: unknown;
  readonly output?: unknown;
  readonly item?: unknown;
  readonly response?: { readonly output?: unknown } | null;
}

/**
 * Keeps the digits of an answer, or of the arguments of a tool, that a server sends as a value
 * instead of its JSON. The value is written as JSON again, so its numbers need not be numbers.
 *
 * @param json The parsed text. The messages of its choices and the items of its output are changed.
 */
export function keepAnswerDigits(json: unknown, text: string): void {
  const holder = json as AnswerHolder | null;
  if (Array.isArray(holder?.choices)) keepInChoices(holder.choices, text);
  const items = itemsOf(holder);
  if (items === undefined || !items.some(hasArguments)) return;
  const exact = itemsOf(parseForWriting(text) as AnswerHolder)!;
  for (const [i, item] of items.entries()) {
    if (hasArguments(item)) item.arguments = (exact[i] as typeof item).arguments;
  }
}

/** Returns the items of a response or an event of the Responses API. */
function itemsOf(holder: AnswerHolder | null): readonly unknown[] | undefined {
  if (isRecord(holder?.item)) return [holder.item];
  const output = holder?.output ?? holder?.response?.output;
  return Array.isArray(output) ? output : undefined;
}

function keepInChoices(choices: readonly Record<string, unknown>[], text: string): void {
  let exact: { choices: Record<string, unknown>[] } | undefined;
  for (const [i, choice] of choices.entries()) {
    for (const name of ["message", "delta"]) {
      const message = choice?.[name];
      if (!isRecord(message) || !hasValue(message)) continue;
      exact ??= parseForWriting(text) as { choices: Record<string, unknown>[] };
      choice[name] = exact.choices[i]![name];
    }
  }
}

function hasValue({ content, tool_calls, function_call }: Record<string, unknown>): boolean {
  if (isContentValue(content) || hasArguments(function_call)) return true;
  return Array.isArray(tool_calls) && tool_calls.some((call) => hasArguments(call?.function));
}

function hasArguments(fn: unknown): fn is Record<string, unknown> {
  return isRecord(fn) && isRecord(fn.arguments);
}
