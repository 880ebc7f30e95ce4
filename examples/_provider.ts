/**
 * The model that the examples ask: the real one if `OPENAI_API_KEY` or `OPENAI_BASE_URL` is set, and otherwise a simulator on this
 * machine, which answers after about as long as a model would.
 */
import { openai, type OpenAIProvider } from "@shoal/agents/openai";
import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";

/** A provider, and how to take it down. */
export interface ExampleProvider extends AsyncDisposable {
  readonly provider: OpenAIProvider;
  /** The model to ask for. */
  readonly model: string;
  /** The simulator, if it is one. */
  readonly simulator?: Simulator;
}

/** The real model or the simulator. */
export function exampleProvider(options: SimulatorOptions = {}): ExampleProvider {
  const real = Deno.env.has("OPENAI_API_KEY") || Deno.env.has("OPENAI_BASE_URL");
  const server = real
    ? undefined
    : simulator({ latency: { p50: 150, p99: 600 }, seed: 1, ...options });
  const provider = openai(server === undefined ? {} : { baseURL: server.url, apiKey: "none" });
  return {
    provider,
    model: Deno.env.get("OPENAI_MODEL") ?? "gpt-5-mini",
    simulator: server,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await server?.close();
    },
  };
}
