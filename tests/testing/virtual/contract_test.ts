import { ProviderError } from "@shoal/agents";
import { virtualProvider } from "@shoal/agents/testing";
import { type ModelBehaviour, providerContract } from "../../contract/provider.ts";

providerContract("virtual", ({ say, latency = 0, slow, fails }: ModelBehaviour) => {
  const provider = virtualProvider({
    latency,
    tokensPerSecond: slow ? 5 : Infinity,
    respond({ messages }) {
      const failure = fails?.();
      if (failure !== undefined) {
        const { status } = failure;
        return new ProviderError(`the server answered ${status}`, {
          ...failure,
          code: status === 429 ? "rate_limited" : "provider",
          retryable: status === 429 || status >= 500,
        });
      }
      const { text, finishReason = "stop", usage } = say(messages.at(-1)!.content as string);
      const all = usage && {
        ...usage,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        reasoningTokens: 0,
        totalTokens: usage.inputTokens + usage.outputTokens,
      };
      return { text, finishReason, ...(all && { usage: all }) };
    },
  });
  return {
    provider,
    inFlight: () => provider.stats.inFlight,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
