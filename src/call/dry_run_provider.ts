/** Remembers the providers that dry runs would have sent to: results only have their names. */
import type { DryRun } from "../model/result.ts";
import type { Provider } from "../model/provider.ts";

const providers = new WeakMap<DryRun, Provider>();

/** Remembers the provider of a dry run, and returns the result. */
export function rememberProvider(result: DryRun, provider: Provider): DryRun {
  providers.set(result, provider);
  return result;
}

/** Returns the provider that a dry run would have sent its request to. */
export function dryRunProvider(result: DryRun): Provider | undefined {
  return providers.get(result);
}
