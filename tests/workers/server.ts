/** A provider for modules that are loaded in several isolates: it asks the simulator that a test names when it has started one. */
import type { Provider, ProviderLimits } from "@shoal/agents";
import { openai, type OpenAIProvider } from "@shoal/agents/openai";

/** Where it is named: the environment is one for all isolates. */
const NAME = "SHOAL_TEST_SERVER";

const opened = new Map<string, OpenAIProvider>();

function current(): OpenAIProvider {
  const baseURL = Deno.env.get(NAME)!;
  let provider = opened.get(baseURL);
  if (provider === undefined) opened.set(baseURL, provider = openai({ baseURL, apiKey: "none" }));
  return provider;
}

/** Asks whatever server is named. */
export function server(name: string, limits?: ProviderLimits, id?: string): Provider {
  return {
    name,
    ...(limits !== undefined && { limits }),
    ...(id !== undefined && { id }),
    generate: (request, options) => current().generate(request, options),
    stream: (request, options) => current().stream(request, options),
  };
}

/** Names the server, until it is disposed: then what this isolate has open to it is closed. */
export function named(url: string): AsyncDisposable {
  Deno.env.set(NAME, url);
  return {
    async [Symbol.asyncDispose]() {
      await opened.get(url)?.[Symbol.asyncDispose]();
      opened.delete(url);
    },
  };
}
