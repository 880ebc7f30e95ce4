import { readEnv } from "./environment.ts";
import { CliError, errorMessage } from "./exit_code.ts";

const NAME = "OPENAI_BASE_URL";

/**
 * Says in the environment where the server is, as workers cannot be told otherwise; until it is disposed.
 *
 * @throws {CliError} If the environment must not be changed.
 */
export function setBaseUrlVariable(url: string | undefined): Disposable {
  if (url === undefined) return { [Symbol.dispose]: () => {} };
  const before = readEnv(NAME);
  try {
    Deno.env.set(NAME, url);
  } catch (cause) {
    throw new CliError(`Cannot tell workers the --base-url: ${errorMessage(cause)}`, undefined, {
      cause,
    });
  }
  return {
    [Symbol.dispose]: () =>
      before === undefined ? Deno.env.delete(NAME) : Deno.env.set(NAME, before),
  };
}
