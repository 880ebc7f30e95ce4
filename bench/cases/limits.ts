/** Calls to a server with limits: without options, with adaptive concurrency, with known limits. */
import { configure, defineAgent, type LimitOptions, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { type Cases, type Load, type Prepare, range, REVIEW, TASK } from "../measure/case.ts";
import { countedCase } from "../measure/call_counter.ts";

interface Options extends Load {
  readonly url: string;
  /** The limits of the server, for the case that sets them as an option. */
  readonly knownLimits: { readonly requestsPerMinute?: number; readonly concurrency?: number };
}

export const CASES: Cases = {
  shoal: limitsCase(() => undefined),
  adaptive: limitsCase(() => ({ concurrency: "adaptive" })),
  known: limitsCase(({ knownLimits }) => knownLimits),
};

function limitsCase(limitsOf: (options: Options) => LimitOptions | undefined): Prepare {
  return (options: Options) => {
    configure({
      model: "bench",
      provider: openai({ baseURL: options.url, apiKey: "none", limits: limitsOf(options) }),
      // Without these, the public price list would be loaded while time is measured.
      prices: { bench: { input: 1, output: 1 } },
    });
    const Label = defineAgent({ name: "label", prompt: `${TASK} {text}` });
    return countedCase(options, async ({ n, concurrency }, counter) => {
      const calls = Array.from(range(n), () => [Label, { text: REVIEW }] as const);
      for await (const { result } of stream(calls, { concurrency })) counter.add(result.error);
    });
  };
}
