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
  throw new CliError("Cannot use OPENAI_BASE_URL as it must be an http or https URL");
}

/**
 * Sets OPENAI_BASE_URL until it is disposed: workers read the URL of the server from there.
 *
 * @throws {CliError} If the environment must not be changed.
 */
export function setBaseUrlVariable(url: string | undefined): Disposable {
  return setVariables(
    url === undefined ? {} : { OPENAI_BASE_URL: url },
    "--base-url with --workers",
  );
}

/**
 * Sets environment variables until it is disposed.
 *
 * @param flags The flags that need them, for the message.
 * @throws {CliError} If the environment must not be changed.
 */
export function setVariables(
  variables: Readonly<Record<string, string>>,
  flags: string,
): Disposable {
  const before = Object.keys(variables).map((name) => [name, readEnv(name)] as const);
  for (const [name, value] of Object.entries(variables)) {
    try {
      process.env[name] = value;
    } catch (cause) {
      throw new CliError(
        `Cannot use ${flags} as ${name} cannot be set: ${errorMessage(cause)}`,
        { cause },
      );
    }
  }
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}
