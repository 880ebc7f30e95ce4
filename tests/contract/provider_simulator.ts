/** Runs the simulator as the model behind a provider under test. */
import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import type { ModelBehaviour } from "./provider.ts";

/** Starts a simulator with the given behavior. */
export function simulatorOf(
  { say, latency = 0, slow, fails }: ModelBehaviour,
  options: SimulatorOptions = {},
): Simulator {
  return simulator({
    ...options,
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
}
