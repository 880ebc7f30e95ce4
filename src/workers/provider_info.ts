/** How a provider is identified across isolates: by its place among the providers of its agent. */
import type { ModelAgent } from "../call/options/model_agent.ts";
import type { Provider } from "../model/provider.ts";
import type { ProviderInfo } from "./messages.ts";

/** Returns the description of a provider that is sent to another isolate. */
export function describeProvider(
  provider: Provider,
  agent: ModelAgent,
  configured: Provider | undefined,
  model: string,
): ProviderInfo {
  const { name, id, limits, baseURL } = provider;
  const vendor = provider.vendor?.(model);
  const index = listProviders(agent, configured).findIndex((one) =>
    one?.name === name && one.id === id
  );
  return { name, id, limits: withoutFunctions(limits), baseURL, vendor, index };
}

/** Returns the providers that may answer for an agent, in the same order in every isolate. */
export function listProviders(
  { provider, fallbackModels = [] }: ModelAgent,
  configured: Provider | undefined,
): readonly (Provider | undefined)[] {
  const fallbacks = fallbackModels.map((other) =>
    typeof other === "string" ? undefined : other.provider
  );
  return [provider, ...fallbacks, configured];
}

/** Returns a copy of limits without the functions that may be in them. */
export function withoutFunctions<T extends object>(limits: T | undefined): T | undefined {
  return limits && JSON.parse(JSON.stringify(limits));
}
