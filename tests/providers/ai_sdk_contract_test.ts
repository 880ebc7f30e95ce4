/** The AI SDK keeps the contract of every provider: through one of its own providers, over real HTTP. */
import { simulator } from "@shoal/agents/testing";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { aiSdk } from "../../src/providers/ai_sdk.ts";
import { type ModelBehaviour, providerContract } from "../contract/provider.ts";

for (const single of [false, true]) {
  const what = single ? "a model of the AI SDK" : "a provider of the AI SDK";
  providerContract(what, ({ say, latency = 0, slow, fails }: ModelBehaviour) => {
    const sim = simulator({
      latency,
      chunkSize: 1,
      tokensPerSecond: slow ? 5 : Infinity,
      respond({ text }) {
        const { text: content, finishReason, usage } = say(text);
        return { content, finishReason, usage };
      },
      script() {
        const failure = fails?.();
        return failure && { type: "status", ...failure };
      },
    });
    const models = createOpenAICompatible({
      name: "simulator",
      baseURL: sim.url,
      includeUsage: true,
    });
    return {
      provider: aiSdk(single ? models("m") : models),
      inFlight: () => sim.stats.inFlight,
      [Symbol.asyncDispose]: () => sim.close(),
    };
  });
}
