import { isRecord } from "../../model/check_options.ts";
import { parseForWriting } from "../../model/exact_json.ts";

/** The parts of a response, or of an event, that may have an answer as an object. */
interface WithChoices {
  readonly choices?: unknown;
}

/**
 * Keeps the digits of an answer, or of the arguments of a tool, that a server sends as an object
 * instead of its JSON. The object is written as JSON again, so its numbers need not be numbers.
 *
 * @param json The parsed text. The messages of its choices are changed.
 */
export function keepAnswerDigits(json: unknown, text: string): void {
  const choices = (json as WithChoices | null)?.choices;
  if (!Array.isArray(choices)) return;
  for (const [i, choice] of choices.entries()) {
    for (const name of ["message", "delta"]) {
      const message = choice?.[name];
      if (!isRecord(message) || !hasObject(message)) continue;
      const exact = parseForWriting(text) as { choices: Record<string, unknown>[] };
      choice[name] = exact.choices[i]![name];
    }
  }
}

function hasObject({ content, tool_calls, function_call }: Record<string, unknown>): boolean {
  if (isRecord(content) || hasArguments(function_call)) return true;
  return Array.isArray(tool_calls) && tool_calls.some((call) => hasArguments(call?.function));
}

function hasArguments(fn: unknown): boolean {
  return isRecord(fn) && isRecord(fn.arguments);
}
