import type { PromptPart } from "../../call/options/prompt_parts.ts";
import { invalidField } from "./request_problem.ts";

const DETAILS = ["auto", "low", "high"] as const;

/**
 * Creates the part of a message with an image.
 *
 * @throws {Problem} If `detail` is none of those that models know.
 */
export function toImagePart(url: string, detail: unknown, ...path: PropertyKey[]): PromptPart {
  if (detail === undefined || detail === null) return { type: "image", url };
  const known = DETAILS.find((one) => one === detail);
  if (known === undefined) {
    throw invalidField('must have images with the detail "auto", "low" or "high"', ...path);
  }
  const part = { type: "image" as const, url, detail: known };
  return part;
}
