import { isRecord } from "../../model/check_options.ts";

/**
 * Whether the content of a message is the value of a typed answer, in the place of its JSON. A list
 * is one if its items are no parts of a message.
 */
export function isContentValue(content: unknown): boolean {
  if (Array.isArray(content)) return content.length > 0 && !content.some(isPart);
  return isRecord(content) || typeof content === "number" || typeof content === "boolean";
}

/** Whether an item is a part of a message: a text, or an object that says what it is. */
function isPart(item: unknown): boolean {
  if (!isRecord(item)) return typeof item === "string";
  return typeof item.type === "string" || typeof item.text === "string";
}
