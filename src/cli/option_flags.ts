/**
 * Translates messages of the library, which name its options, to what a user of the command line
 * can change: flags, environment variables, and the file of the agents.
 */

/** Flags and variables by the library's names of the options. */
export type FlagNames = Readonly<Record<string, string>>;

/** The flags and variables of `shoal run`. */
const RUN_FLAGS: FlagNames = {
  apiKey: "OPENAI_API_KEY",
  baseURL: "--base-url",
  budget: "--budget",
  "budget.cost": "--budget",
  concurrency: "--concurrency",
  deadline: "--timeout",
  limits: "--rpm and --tpm",
  "limits.requestsPerMinute": "--rpm",
  "limits.tokensPerMinute": "--tpm",
  maxTokens: "--max-tokens",
  model: "--model",
  module: "the file of the agents",
  output: "--schema",
  perWorker: "--concurrency",
  poll: "--poll",
  price: "--price",
  prices: "--price",
  prompt: "--prompt",
  requestsPerMinute: "--rpm",
  retries: "--retries",
  retryFailed: "--retry-failed",
  runId: "--run",
  size: "--workers",
  system: "--system",
  temperature: "--temperature",
  timeout: "--timeout",
  "timeout.total": "--timeout",
  tokensPerMinute: "--tpm",
};

/** Advice of the library that has another form in the command line. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [
    /,? pass `apiKey`,? or use another server by `baseURL`/g,
    ", or use another server by --base-url",
  ],
  [
    /pass `model` or configure\(\{ model \}\)/g,
    "set --model, or a model in the file of the agents",
  ],
  [/pass `provider` or configure\(\{ provider \}\)/g, "set OPENAI_API_KEY or --base-url"],
  [/pass it with configure\(\{ prices \}\)/g, "set --price IN,OUT"],
  [/(?:`prices`|configure\(\{ prices \}\))/g, "--price IN,OUT"],
  [/raise maxSteps/g, "raise maxSteps in the file of the agents"],
  [/; maxTokens: (\d+) would fit/g, "; --max-tokens $1 would fit"],
  [/timeout\.total of the fallback model/g, "the timeout of the fallback model"],
  [/timeout\.(?:attempt|firstToken|idle) passed/g, "the time limit of an attempt passed"],
  [/use memoryJournal, or journalOn with your own store/g, "use Deno, Node or Bun"],
  [/give openai\(\) the option/g, "set a provider in the file of the agents: openai() with"],
  [/: (?:see `(?:attempts|results)`(?: for what is done)?|`issues` lists the problems)/g, ""],
];

/**
 * Returns the message with flags, variables and files in place of options.
 *
 * @param flags The flags by option name; those of `shoal run` if absent.
 */
export function nameFlags(message: string, flags: FlagNames = RUN_FLAGS): string {
  let text = message;
  if (flags === RUN_FLAGS) {
    for (const [pattern, advice] of PHRASES) text = text.replaceAll(pattern, advice);
  }
  // A plain word such as `model` is an option only where a value "must be" something.
  text = text.replaceAll(
    /(?<=\bas )[\w.]+(?=(?:\[\d+\])?(?:\.\w+)? must )/g,
    (name) => flags[name] ?? name,
  );
  text = text.replaceAll(/`([A-Za-z][\w.]*)`/g, (quoted, name) => flags[name] ?? quoted);
  for (const [name, flag] of Object.entries(flags)) {
    if (!/[A-Z.]/.test(name)) continue;
    const pattern = new RegExp(`(?<![\\w.-])${name.replaceAll(".", "\\.")}(?![\\w-])`, "g");
    text = text.replaceAll(pattern, flag);
  }
  return text;
}
