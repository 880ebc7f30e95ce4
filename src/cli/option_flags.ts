/** Translates the option names in errors of the library to the flags of the command line. */

/** The flags and variables of `shoal run`, by the library's names of the options. */
const RUN_FLAGS: Readonly<Record<string, string>> = {
  apiKey: "OPENAI_API_KEY",
  baseURL: "--base-url",
  budget: "--budget",
  "budget.cost": "--budget",
  concurrency: "--concurrency",
  "limits.requestsPerMinute": "--rpm",
  "limits.tokensPerMinute": "--tpm",
  maxTokens: "--max-tokens",
  model: "--model",
  module: "the file of the agents",
  output: "--schema",
  perWorker: "--concurrency",
  poll: "--poll",
  prompt: "--prompt",
  requestsPerMinute: "--rpm",
  retries: "--retries",
  runId: "--run",
  size: "--workers",
  system: "--system",
  temperature: "--temperature",
  timeout: "--timeout",
  tokensPerMinute: "--tpm",
};

/**
 * Returns the message with flags in place of option names.
 *
 * @param flags The flags by option name; those of `shoal run` if absent.
 */
export function nameFlags(
  message: string,
  flags: Readonly<Record<string, string>> = RUN_FLAGS,
): string {
  let text = message
    .replace(/,? pass `?apiKey`?,?/, ",")
    .replace(/,, /, ", ")
    .replaceAll(/(?:`prices`|configure\(\{ prices \}\))/g, "--price IN,OUT")
    // A plain word such as `model` is an option only where a value "must be" something.
    .replaceAll(
      /(?<=\bas )[\w.]+(?=(?:\[\d+\])?(?:\.\w+)? must )/g,
      (name) => flags[name] ?? name,
    );
  for (const [name, flag] of Object.entries(flags)) {
    if (!/[A-Z]/.test(name)) continue;
    text = text.replaceAll(new RegExp(`\`${name}\`|(?<![\\w.-])${name}(?![\\w-])`, "g"), flag);
  }
  return text;
}
