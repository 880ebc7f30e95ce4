/** Reads and sets environment variables. */
import process from "node:process";
import { CliError, errorMessage } from "./cli_error.ts";

/** Returns an environment variable; `undefined` if it is empty, unset, or must not be read. */
export function readEnv(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the URL of the server in OPENAI_BASE_URL; `undefined` if it is not set.
 *
 * @throws {CliError} If it is no URL of a server.
 */
export function readBaseUrl(): string | undefined {
  const url = readEnv("OPENAI_BASE_URL");
  if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? "")) return url;
  throw new CliError(`Cannot use OPENAI_BASE_URL as it must be an http or https URL`);
}

const BASE_URL = "OPENAI_BASE_URL";

/**
 * Sets OPENAI_BASE_URL until it is disposed: workers read the URL of the server from there.
 *
 * @throws {CliError} If the environment must not be changed.
 */
export function setBaseUrlVariable(url: string | undefined): Disposable {
  if (url === undefined) return { [Symbol.dispose]: () => {} };
  const before = readEnv(BASE_URL);
  try {
    process.env[BASE_URL] = url;
  } catch (cause) {
    throw new CliError(
      `Cannot use --base-url with --workers as ${BASE_URL} cannot be set: ${errorMessage(cause)}`,
      { cause },
    );
  }
  return {
    [Symbol.dispose]() {
      if (before === undefined) delete process.env[BASE_URL];
      else process.env[BASE_URL] = before;
    },
  };
}
