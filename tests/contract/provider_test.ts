import { ProviderError } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { tls } from "../providers/openai/helpers.ts";
import { type ModelBehaviour, providerContract } from "./provider.ts";
import { simulatorOf } from "./provider_simulator.ts";

const WAYS = [
  ["HTTP", {}, "chat"],
  ["HTTPS", { tls }, "chat"],
  ["HTTP, by Responses", {}, "responses"],
  ["HTTPS, by Responses", { tls }, "responses"],
] as const;

for (const [name, options, api] of WAYS) {
  providerContract(`openai over ${name}`, (behaviour) => {
    const sim = simulatorOf(behaviour, options);
    const provider = openai({ api, baseURL: sim.url, caCerts: [tls.cert] });
    return {
      provider,
      inFlight: () => sim.stats.inFlight,
      async [Symbol.asyncDispose]() {
        await provider[Symbol.asyncDispose]();
        await sim.close();
      },
    };
  });
}

providerContract("scripted", ({ say, latency, fails }: ModelBehaviour) => {
  const provider = scripted(({ messages }) => {
    const failure = fails?.();
    if (failure !== undefined) {
      const { status } = failure;
      return new ProviderError(`the server answered ${status}`, {
        ...failure,
        code: status === 429 ? "rate_limited" : "provider",
        retryable: status === 429 || status >= 500,
      });
    }
    const { text, finishReason, usage } = say(messages.at(-1)!.content as string);
    return {
      text,
      ...(finishReason && { finishReason }),
      ...(usage && {
        usage: {
          ...usage,
          cachedInputTokens: 0,
          cacheWriteTokens: 0,
          reasoningTokens: 0,
          totalTokens: usage.inputTokens + usage.outputTokens,
        },
      }),
    };
  }, { latency });
  return {
    provider,
    inFlight: () => provider.inFlight,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
