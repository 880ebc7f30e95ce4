import { refuse, type RulesFor, text } from "../../model/check_options.ts";
import { readProcessEnv } from "../http/read_process_env.ts";

/** The options that select a server. */
export interface ServerOptions {
  /** The API key. */
  readonly apiKey?: string;
  /** The URL of the server. A user name and password in it are sent if there is no API key. */
  readonly baseURL?: string;
}

/** A server and its API key. */
export interface ResolvedServer {
  /** The URL of the server, without a user name and a password. */
  readonly baseURL: string;
  /** Whether the server is another one than OpenAI's. */
  readonly isCustom: boolean;
  /** Whether the server is known to reject `stream_options`. It sends usage without them. */
  readonly rejectsStreamOptions: boolean;
  /** The API key, or a placeholder. */
  readonly apiKey: string;
  /** Whether there is an API key. */
  readonly hasKey: boolean;
  /** The header of each request: the API key, or else the user name and password of the URL. */
  readonly authorization: string;
  /** What must not appear in errors. */
  readonly secrets: readonly string[];
}

/** The API key for servers that need none: the SDK requires a value. */
const NO_KEY = "none";
const OPENAI_URL = "https://api.openai.com/v1";

/** The rules for {@linkcode ServerOptions}. */
export const SERVER_RULES: RulesFor<ServerOptions> = {
  apiKey(doing, name, value) {
    text(doing, name, value);
    // `Headers` would throw an error that shows the key.
    if (!/^[\x20-\x7e]+$/.test((value as string).trim())) {
      refuse(doing, name, "one line of plain characters", value);
    }
  },
  baseURL(doing, name, value) {
    if (typeof value !== "string" || !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      refuse(doing, name, "an http or https URL", value);
    }
  },
};

/**
 * Returns the server that the options name, or else the environment, or else OpenAI's.
 *
 * @throws {TypeError} If there is no API key for OpenAI itself, or an environment variable is
 * invalid.
 */
export function resolveServer(doing: string, options: ServerOptions): ResolvedServer {
  const stated = options.baseURL ?? readProcessEnv("OPENAI_BASE_URL") ?? OPENAI_URL;
  SERVER_RULES.baseURL(doing, "OPENAI_BASE_URL", stated);
  // OpenAI has several hosts, such as eu.api.openai.com.
  const url = new URL(stated);
  const { hostname } = url;
  const isCustom = !/(^|\.)api\.openai\.com$/.test(hostname);
  const rejectsStreamOptions = /(^|\.)mistral\.ai$/.test(hostname);
  const key = options.apiKey ?? readProcessEnv("OPENAI_API_KEY") ?? (isCustom ? NO_KEY : undefined);
  if (key === undefined) {
    throw new TypeError(
      `Cannot ${doing} as there is no key: set OPENAI_API_KEY, pass \`apiKey\`, ` +
        "or use another server by `baseURL`",
    );
  }
  SERVER_RULES.apiKey(doing, "OPENAI_API_KEY", key);
  const server = { isCustom, rejectsStreamOptions, apiKey: key.trim(), hasKey: key !== NO_KEY };
  const authorization = `Bearer ${server.apiKey}`;
  const secrets = server.hasKey ? [server.apiKey] : [];
  const { baseURL, basic, password } = splitCredentials(url);
  if (basic === undefined) return { ...server, baseURL: stated, authorization, secrets };
  return {
    ...server,
    baseURL,
    authorization: server.hasKey ? authorization : basic,
    secrets: [...secrets, password],
  };
}

/** A URL, and the user name and password that it had. */
export interface SplitUrl {
  /** The URL without a user name and a password. */
  readonly baseURL: string;
  /** The header that has both; `undefined` if there are none. */
  readonly basic?: string;
  /** The password. */
  readonly password: string;
}

/**
 * Takes the user name and the password out of a URL. `fetch` rejects them, ignores them, or sends a
 * second header, depending on the runtime.
 */
export function splitCredentials(stated: URL): SplitUrl {
  const url = new URL(stated);
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === "" && password === "") return { baseURL: url.href, password };
  url.username = url.password = "";
  return { baseURL: url.href, basic: `Basic ${toBase64(`${user}:${password}`)}`, password };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
