/** Runs the provider contract on a real AI SDK provider over HTTP. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { providerContract } from "../../contract/provider.ts";
import { simulatorOf } from "../../contract/provider_simulator.ts";

for (const single of [false, true]) {
  const what = single ? "a model of the AI SDK" : "a provider of the AI SDK";
  providerContract(what, (behaviour) => {
    const sim = simulatorOf(behaviour);
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
