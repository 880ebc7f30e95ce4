/** A provider for modules that are loaded in several isolates: it asks the simulator that a test names when it has started one. */
import type { Provider, ProviderLimits } from "@shoal/agents";
import { openai, type OpenAIProvider } from "@shoal/agents/openai";

/** Which test file it is: they may run in one process, and the environment, in which the server is named, is one for all of its isolates. */
let key: string = crypto.randomUUID();
const name = () => `SHOAL_TEST_SERVER_${key}`;

/** A module for the workers of this test file. */
export function moduleFor(file: string): URL {
  return new URL(`./${file}?${key}`, import.meta.url);
}

/** To be called by such a module, with its own URL. */
export function loadedAs(url: string): void {
  const { search } = new URL(url);
  if (search !== "") key = search.slice(1);
}

const opened = new Map<string, OpenAIProvider>();

function current(): OpenAIProvider {
  const baseURL = Deno.env.get(name())!;
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
  Deno.env.set(name(), url);
  return {
    async [Symbol.asyncDispose]() {
      Deno.env.delete(name());
      await opened.get(url)?.[Symbol.asyncDispose]();
      opened.delete(url);
    },
  };
}
