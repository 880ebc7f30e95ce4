import { type CallOptions, configure, type Prices, type Provider } from "../../../mod.ts";
import type { Callable } from "../../call/options/callable.ts";
import { openai } from "../../providers/openai/openai.ts";
import { loadAgent } from "./agent_file.ts";
import { CliError, errorMessage } from "../exit_code.ts";
import { createPromptAgent } from "./prompt_agent.ts";
import { BATCH_TIMEOUT_MS, createBatchProvider, halfPrice } from "./provider_batch.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * The agent of a run: from a file, or made of a prompt.
 *
 * @throws {CliError} If it is not said which, or both.
 */
export async function resolveAgent(
  reference: string | undefined,
  { prompt, system, schema, model }: RunSettings,
): Promise<Callable> {
  if (prompt === undefined) {
    if (reference === undefined) {
      throw new CliError(
        "Cannot run as there is no agent: name one (agents.ts#Name), or give a --prompt",
      );
    }
    if (system !== undefined || schema !== undefined) {
      throw new CliError(
        "Cannot use --system or --schema with an agent of a file: they are for --prompt",
      );
    }
    return await loadAgent(reference);
  }
  if (reference !== undefined) {
    throw new CliError("Cannot run both an agent of a file and a --prompt: leave out one of them");
  }
  if (model === undefined) throw new CliError("Cannot run a --prompt without a --model");
  return await createPromptAgent({ prompt, system, schema });
}

/** Sets what holds for the whole process; gives the provider, if the run has one of its own: it is to be closed at the end. */
export function createRunProvider(
  settings: RunSettings,
  folder: RunFolder,
  note: (text: string) => void,
): (Provider & AsyncDisposable) | undefined {
  const { baseUrl, price, model, poll } = settings;
  if (price !== undefined && model === undefined) {
    throw new CliError("Cannot use --price without a --model");
  }
  const prices: Prices | undefined = price && { [model!]: price };
  if (settings.providerBatch) {
    configure({ prices: halfPrice(prices) });
    return createBatchProvider({ baseUrl, poll, folder, log: note });
  }
  if (prices !== undefined) configure({ prices });
  // Workers make one of their own, by the environment.
  if (baseUrl === undefined || settings.workers !== undefined) return undefined;
  try {
    return openai({ baseURL: baseUrl });
  } catch (cause) {
    throw new CliError(errorMessage(cause), undefined, { cause });
  }
}

/** The same agent, asking this provider; of a workflow only those agents that name none of their own do. */
export function withProvider(agent: Callable, provider: Provider | undefined): Callable {
  if (provider === undefined) return agent;
  configure({ provider });
  const { with: change } = agent as { with?: unknown };
  return typeof change === "function" ? change.call(agent, { provider }) : agent;
}

/** What each call is told. */
export function buildCallOptions(settings: RunSettings): CallOptions {
  const { model, temperature, maxTokens, retries, timeout } = settings;
  return {
    ...(model !== undefined && { model }),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(retries !== undefined && { retries }),
    ...(timeout !== undefined && { timeout }),
    ...(timeout === undefined && settings.providerBatch && { timeout: BATCH_TIMEOUT_MS }),
  };
}
