import { isRecentModel } from "../model_family.ts";

/** The names of the maximum number of output tokens, the older one first. */
export const MAX_TOKENS_FIELDS = ["max_tokens", "max_completion_tokens"] as const;

/** The server's name for the maximum number of output tokens. */
export type MaxTokensField = typeof MAX_TOKENS_FIELDS[number];

/**
 * Returns the name to try first. OpenAI itself supports the newer one for all models, and other
 * servers only for models that reject the older one.
 *
 * @param isCustom Whether the server is another one than OpenAI's.
 */
export function guessMaxTokensField(model: string, isCustom: boolean): MaxTokensField {
  return !isCustom || isRecentModel(model) ? "max_completion_tokens" : "max_tokens";
}
