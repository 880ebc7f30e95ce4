import { isRecord } from "../../model/check_options.ts";
import { parseForWriting } from "../../model/exact_json.ts";

/** The parts of a response, or of an event, that may have an answer as an object. */
interface WithChoices {
  choices?: (Record<string, unknown> | null)[] | null;
}

/**
 * Keeps the digits of an answer, or of the arguments of a tool, that a server sends as an object in
 * the place of its JSON. The object is written as JSON again, so its numbers need not be numbers.
 *
 * @param json The parsed text. Its first choice is changed.
 */
export function keepAnswerDigits(json: unknown, text: string): void {
  const choice = (json as WithChoices | null)?.choices?.[0];
  for (const name of ["message", "delta"]) {
    const message = choice?.[name];
    if (!isRecord(message) || !hasObject(message)) continue;
    choice![name] = (parseForWriting(text) as WithChoices).choices![0]![name];
  }
}

function hasObject({ content, tool_calls: calls }: Record<string, unknown>): boolean {
  if (isRecord(content)) return true;
  return Array.isArray(calls) && calls.some((call) => isRecord(call?.function?.arguments));
}
