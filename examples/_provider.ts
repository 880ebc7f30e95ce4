/**
 * The provider of the examples: a real one if `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, and
 * otherwise a simulator on this machine, with the latency of a fast model.
 */
import { openai, type OpenAIProvider } from "@shoal/agents/openai";
import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import process from "node:process";

/** A provider, which is closed when it is disposed. */
export interface ExampleProvider extends AsyncDisposable {
  readonly provider: OpenAIProvider;
  /** The model to call. */
  readonly model: string;
  /** The simulator, unless the provider is a real one. */
  readonly simulator?: Simulator;
}

/** Creates the provider. */
export function exampleProvider(options: SimulatorOptions = {}): ExampleProvider {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL } = process.env;
  const real = OPENAI_API_KEY !== undefined || OPENAI_BASE_URL !== undefined;
  const server = real
    ? undefined
    : simulator({ latency: { p50: 150, p99: 600 }, seed: 1, ...options });
  const provider = openai(server === undefined ? {} : { baseURL: server.url, apiKey: "none" });
  return {
    provider,
    model: OPENAI_MODEL ?? "gpt-5-mini",
    simulator: server,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await server?.close();
    },
  };
}
