/** Creates the agent, the provider and the call options of a run from its settings. */
import { type CallOptions, configure, type Prices, type Provider } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import { CliError, errorMessage } from "../cli_error.ts";
import { loadAgent } from "../agents/agent_file.ts";
import { nameFlags } from "../option_flags.ts";
import { BATCH_TIMEOUT_MS } from "./batch_defaults.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * Returns the agent of a run: from a file, or created from a prompt.
 *
 * @throws {CliError} If neither or both are given.
 */
export async function resolveAgent(
  reference: string | undefined,
  { prompt, system, schema, model }: RunSettings,
): Promise<Callable> {
  if (prompt === undefined) {
    if (reference === undefined) {
      throw new CliError(
        "Cannot run as there is no agent: name one (agents.ts#Name), or set a --prompt",
      );
    }
    if (system !== undefined || schema !== undefined) {
      throw new CliError(
        "Cannot use --system or --schema with the agent of a file: they belong to --prompt",
      );
    }
    return await loadAgent(reference);
  }
  if (reference !== undefined) {
    throw new CliError(
      `Cannot run both ${reference} and a --prompt: leave out one of them`,
    );
  }
  if (model === undefined) throw new CliError("Cannot run a --prompt without a --model");
  const { createPromptAgent } = await import("./prompt_agent.ts");
  return await createPromptAgent({ prompt, system, schema });
}

/**
 * Configures the prices, and returns the provider if the run needs one of its own. The caller
 * disposes of it.
 */
export async function createRunProvider(
  settings: RunSettings,
  folder: RunFolder,
  log: (text: string) => void,
): Promise<(Provider & AsyncDisposable) | undefined> {
  const { baseUrl, price, model, poll } = settings;
  const prices: Prices | undefined = price && { [model!]: price };
  if (settings.providerBatch) {
    const { createBatchProvider, halfPrice } = await import("./provider_batch.ts");
    configure({ prices: halfPrice(prices) });
    return createBatchProvider({ baseUrl, poll, folder, log });
  }
  if (prices !== undefined) configure({ prices });
  // Each worker creates a provider itself, from the environment.
  if (baseUrl === undefined || settings.workers !== undefined) return undefined;
  const { openai } = await import("../../providers/openai/openai.ts");
  try {
    return openai({ baseURL: baseUrl });
  } catch (cause) {
    throw new CliError(nameFlags(errorMessage(cause)), { cause });
  }
}

/** Returns the agent with this provider. Agents within a workflow keep their own. */
export function withProvider(agent: Callable, provider: Provider | undefined): Callable {
  if (provider === undefined) return agent;
  configure({ provider });
  const { with: override } = agent as { with?: unknown };
  return typeof override === "function" ? override.call(agent, { provider }) : agent;
}

/** Returns the options of each call. */
export function rowCallOptions(settings: RunSettings): CallOptions {
  const { model, temperature, maxTokens, retries, timeout } = settings;
  return {
    ...(model !== undefined && { model }),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(retries !== undefined && { retries }),
    ...(timeout !== undefined && { timeout }),
    ...(timeout === undefined && settings.providerBatch && {
      timeout: { attempt: BATCH_TIMEOUT_MS, total: BATCH_TIMEOUT_MS },
    }),
  };
}
