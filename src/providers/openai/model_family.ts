/**
 * Matches the names of OpenAI's models since o1 and GPT-5, also with the prefix of a gateway:
 * `gpt-5-mini`, `openai/o3`, `azure/gpt-6`. Azure names GPT-3.5 `gpt-35-turbo`.
 */
const RECENT_MODEL = /(?:^|[/:.@])(?:o[1-9]|gpt-?(?:[5-9]|1\d))(?![a-z\d])/i;

/** Whether a model is one of OpenAI's since o1 and GPT-5, according to its name. */
export function isRecentModel(model: string): boolean {
  return RECENT_MODEL.test(model);
}

/** Whether a model is one of OpenAI's reasoning models, according to its name. */
export function isReasoningModel(model: string): boolean {
  return isRecentModel(model) && !/-chat/i.test(model);
}
