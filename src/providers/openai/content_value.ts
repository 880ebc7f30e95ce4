import { isRecord } from "../../model/check_options.ts";

/**
 * Whether the content of a message is the value of a typed answer, in the place of its JSON. A list
 * is one if its items are no parts of a message.
 */
export function isContentValue(content: unknown): boolean {
  if (Array.isArray(content)) return content.length > 0 && !content.some(isPart);
  return isRecord(content) || typeof content === "number" || typeof content === "boolean";
}

function isPart(item: unknown): boolean {
  return isRecord(item) && (typeof item.type === "string" || typeof item.text === "string");
}
