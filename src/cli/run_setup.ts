import { type CallOptions, configure, type Provider } from "../../mod.ts";
import type { Callable } from "../agent/callable.ts";
import { openai, type OpenAIProvider } from "../providers/openai.ts";
import { agentOf } from "./agent_file.ts";
import { CliError, reasonOf } from "./exit_code.ts";
import { promptAgent } from "./prompt_agent.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * The agent of a run: from a file, or made of a prompt.
 *
 * @throws {CliError} If it is not said which, or both.
 */
export async function agentFor(
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
    return await agentOf(reference);
  }
  if (reference !== undefined) {
    throw new CliError("Cannot run both an agent of a file and a --prompt: leave out one of them");
  }
  if (model === undefined) throw new CliError("Cannot run a --prompt without a --model");
  return await promptAgent({ prompt, system, schema });
}

/** Sets what holds for the whole process. The provider is to be closed at the end. */
export function configureFor(
  { baseUrl, price, model }: RunSettings,
  provider?: Provider,
): OpenAIProvider | undefined {
  if (price !== undefined) {
    if (model === undefined) throw new CliError("Cannot use --price without a --model");
    configure({ prices: { [model]: price } });
  }
  if (provider !== undefined) {
    configure({ provider });
    return undefined;
  }
  if (baseUrl === undefined) return undefined;
  const own = providerAt(baseUrl);
  configure({ provider: own });
  return own;
}

/** A provider for a server. */
export function providerAt(baseURL: string | undefined): OpenAIProvider {
  try {
    return openai({ baseURL });
  } catch (cause) {
    throw new CliError(reasonOf(cause), undefined, { cause });
  }
}

/** What each call is told. */
export function callOptionsOf(settings: RunSettings): CallOptions {
  const { model, temperature, maxTokens, retries, timeout } = settings;
  return {
    ...(model !== undefined && { model }),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(retries !== undefined && { retries }),
    ...(timeout !== undefined && { timeout }),
  };
}
