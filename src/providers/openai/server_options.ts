/** Which server is meant, and with which key. */
import type { Rules } from "../../model/check_options.ts";

/** What names a server. */
export interface ServerOptions {
  /** The key. */
  readonly apiKey?: string;
  /** Where the server is. */
  readonly baseURL?: string;
}

/** A server. */
export interface ResolvedServer {
  /** Where it is. */
  readonly baseURL: string;
  /** Is it another one than OpenAI? */
  readonly isCustom: boolean;
  /** The key, or what is sent in its place. */
  readonly apiKey: string;
  /** Is there a key? */
  readonly hasKey: boolean;
}

/** What is sent where a server wants some key or other: the SDK does not work without one. */
const NO_KEY = "none";
const OPENAI_URL = "https://api.openai.com/v1";

/**
 * The server that the options name, or else the environment, or else OpenAI.
 *
 * @throws {TypeError} If there is no key for OpenAI itself, or what the environment says is wrong.
 */
export function resolveServer(doing: string, options: ServerOptions, rules: Rules): ResolvedServer {
  const baseURL = options.baseURL ?? environment("OPENAI_BASE_URL") ?? OPENAI_URL;
  rules.baseURL!(doing, "OPENAI_BASE_URL", baseURL);
  // OpenAI has more than one address: https://eu.api.openai.com/v1 is another.
  const own = !/(^|\.)api\.openai\.com$/.test(new URL(baseURL).hostname);
  const key = options.apiKey ?? environment("OPENAI_API_KEY") ?? (own ? NO_KEY : undefined);
  if (key === undefined) {
    throw new TypeError(
      `Cannot ${doing} as there is no key: set OPENAI_API_KEY, pass \`apiKey\`, or name another server by \`baseURL\``,
    );
  }
  rules.apiKey!(doing, "OPENAI_API_KEY", key);
  return { baseURL, isCustom: own, apiKey: key.trim(), hasKey: key !== NO_KEY };
}

/** A variable of the environment; one that may not be read is not there. */
function environment(name: string): string | undefined {
  try {
    const { Deno, process } = globalThis as {
      Deno?: { env: { get(name: string): string | undefined } };
      process?: { env: Record<string, string | undefined> };
    };
    return (Deno === undefined ? process?.env[name] : Deno.env.get(name)) || undefined;
  } catch {
    return undefined;
  }
}
