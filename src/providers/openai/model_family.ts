/**
 * Matches the names of OpenAI's models since o1 and GPT-5, also with the prefix of a gateway:
 * `gpt-5-mini`, `openai/o3`, `azure/gpt-6`. Azure names GPT-3.5 `gpt-35-turbo`.
 */
const RECENT_MODEL = /(?:^|[/:.@])(?:o[1-9]|gpt-?(?:[5-9]|1\d))(?![a-z\d])/i;

/** Whether a model is one of OpenAI's since o1 and GPT-5, according to its name. */
export function isRecentModel(model: string): boolean {
  return RECENT_MODEL.test(model);
}

/** Matches the names of models without reasoning: GPT-3.5, GPT-4, and those for chats. */
const PLAIN_MODEL = /(?:^|[/:.@])(?:chatgpt|gpt-?[34])|-chat(?![a-z])/i;

/** Whether a model is known to have no reasoning. Names of deployments tell nothing. */
export function isPlainModel(model: string): boolean {
  return PLAIN_MODEL.test(model);
}
