/** Answers of a simulated server in this process: `shoal run --simulate`. */
import type { Callable } from "../call/options/callable.ts";
import { settings as configured } from "../call/options/config.ts";
import { definitionOf } from "../agent/definition.ts";
import { callablesIn } from "./agents/callables_in.ts";
import { CliError } from "./cli_error.ts";
import { setVariables } from "./environment.ts";
import type { RunSettings } from "./run/run_settings.ts";

/**
 * Starts a simulated server with `--simulate`, and sets the variables that name it until it is
 * disposed: so agents within workflows and in workers use it, too.
 *
 * @throws {CliError} If `--base-url` names another server.
 */
export async function startSimulatedServer(
  { simulate, baseUrl }: RunSettings,
): Promise<AsyncDisposable | undefined> {
  if (!simulate) return undefined;
  if (baseUrl !== undefined) {
    throw new CliError("Cannot use --simulate with --base-url: leave out one of them");
  }
  const { simulator } = await import("../testing/mod.ts");
  const server = simulator();
  const variables = setVariables(
    { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "simulated" },
    "--simulate",
  );
  return {
    async [Symbol.asyncDispose]() {
      variables[Symbol.dispose]();
      await server.close();
    },
  };
}

/**
 * Checks that no agent has a provider of its own, which would send its requests to a real server.
 *
 * @throws {CliError} If one has.
 */
export function checkSimulated(agent: Callable, { simulate }: RunSettings): void {
  if (!simulate) return;
  const own = callablesIn(agent).find((one) => definitionOf(one)?.model?.provider !== undefined);
  const name = own?.name ?? (configured().provider === undefined ? undefined : agent.name);
  if (name === undefined) return;
  throw new CliError(
    `Cannot use --simulate as the file of "${name}" sets a provider, which would be used: ` +
      "shoal simulate starts a server whose URL can be set there",
  );
}
