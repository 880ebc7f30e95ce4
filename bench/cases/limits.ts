/** Calls by agents to a server that refuses what is above its limits: with no option, adaptive, and told the limits. */
import { configure, defineAgent, type LimitOptions, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { type Cases, type Load, type Prepare, range, REVIEW, TASK } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** What the server allows, for those who are told. */
  readonly knownLimits: { readonly requestsPerMinute?: number; readonly concurrency?: number };
}

export const CASES: Cases = {
  shoal: limitsCase(() => undefined),
  adaptive: limitsCase(() => ({ adaptive: true })),
  known: limitsCase(({ knownLimits: known }) => known),
};

function limitsCase(limitsOf: (options: Options) => LimitOptions | undefined): Prepare {
  return (options: Options) => {
    configure({
      model: "bench",
      provider: openai({ baseURL: options.url, apiKey: "none", limits: limitsOf(options) }),
      // The public price list would be loaded while the clock runs.
      prices: { bench: { input: 1, output: 1 } },
    });
    const Label = defineAgent({ name: "label", prompt: `${TASK} {text}` });
    return countedCase(options, async ({ n, concurrency }, tally) => {
      const calls = Array.from(range(n), () => [Label, { text: REVIEW }] as const);
      for await (const { result } of stream(calls, { concurrency })) tally.add(result.error);
    });
  };
}
