/**
 * A provider for modules that several isolates load. It uses the simulator that a test has named.
 */
import type { Provider, ProviderLimits } from "@shoal/agents";
import { openai, type OpenAIProvider } from "@shoal/agents/openai";
import process from "node:process";
import { runtime } from "../runtime.ts";

/**
 * Identifies the test file. Several may run in one process, whose isolates share the environment
 * that holds the URL of the server. Bun drops the query of the URL in which workers find the key,
 * but there each file has a process.
 */
let key: string = runtime === "bun" ? "" : crypto.randomUUID();
const name = () => `SHOAL_TEST_SERVER_${key}`;

/** Returns the URL of a module for the workers of this test file. */
export function moduleFor(file: string): URL {
  return new URL(`./${file}?${key}`, import.meta.url);
}

/** Sets the key from the URL of a module. Modules that workers load call it with their own URL. */
export function loadedAs(url: string): void {
  const { search } = new URL(url);
  if (search !== "") key = search.slice(1);
}

const opened = new Map<string, OpenAIProvider>();

function current(): OpenAIProvider {
  const baseURL = process.env[name()]!;
  let provider = opened.get(baseURL);
  if (provider === undefined) opened.set(baseURL, provider = openai({ baseURL, apiKey: "none" }));
  return provider;
}

/** Returns a provider that uses the named server. */
export function server(name: string, limits?: ProviderLimits, id?: string): Provider {
  return {
    name,
    ...(limits !== undefined && { limits }),
    ...(id !== undefined && { id }),
    generate: (request, options) => current().generate(request, options),
    stream: (request, options) => current().stream(request, options),
  };
}

/** Names the server until it is disposed, which also closes this isolate's connections to it. */
export function named(url: string): AsyncDisposable {
  process.env[name()] = url;
  return {
    async [Symbol.asyncDispose]() {
      delete process.env[name()];
      await opened.get(url)?.[Symbol.asyncDispose]();
      opened.delete(url);
    },
  };
}
