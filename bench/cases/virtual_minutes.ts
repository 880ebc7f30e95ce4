/** Minutes of calls under a server's limits, in virtual time. */
import { configure, defineAgent, type LimitOptions, stream } from "@shoal/agents";
import {
  type VirtualArrival,
  virtualProvider,
  type VirtualProviderOptions,
  virtualTime,
} from "@shoal/agents/testing";
import { type Cases, REVIEW, TASK } from "../measure/case.ts";

interface Options {
  /** How the server behaves. */
  readonly server: VirtualProviderOptions;
  /** The limits of the agent. */
  readonly limits?: LimitOptions;
  /** How many calls are under way. */
  readonly concurrency: number;
  /** For so long calls are begun. */
  readonly minutes: number;
}

const MINUTE = 60_000;
const MAX_FAILURES = 100_000;

export const CASES: Cases = {
  minutes: ({ server, limits, concurrency, minutes }: Options) => ({
    work: async () => {
      const time = virtualTime({ seed: 1 });
      const provider = virtualProvider({ ...server, keep: Infinity });
      configure({ prices: { bench: { input: 1, output: 1 } } });
      const Label = defineAgent({
        name: "label",
        model: "bench",
        prompt: `${TASK} {text}`,
        provider,
        limits,
      });
      function* calls() {
        while (time.now < minutes * MINUTE) yield [Label, { text: REVIEW }] as const;
      }
      let completed = 0;
      let failed = 0;
      let attempts = 0;
      await time.run(async () => {
        for await (const { result } of stream(calls(), { concurrency })) {
          if (result.ok) completed++;
          else if (failed++ === 0) console.error(result.error);
          // Calls that fail before anything is sent take no time: they would never end.
          if (!result.ok && failed > completed + MAX_FAILURES) throw result.error;
          attempts += result.attempts.length;
        }
      });
      const within = (from: number, to: number) =>
        countArrivals(provider.arrivals, from * MINUTE, to * MINUTE);
      const [first, second, later] = [within(0, 1), within(1, 2), within(1, minutes)];
      return {
        completed,
        failed,
        attempts,
        requests: provider.stats.requests,
        refusedFirst: first.refused,
        requestsFirst: first.requests,
        refusedLater: later.refused,
        requestsLater: later.requests,
        acceptedSecond: second.accepted,
        acceptedLater: later.accepted,
        tokensSecond: second.tokens,
        tokensLater: later.tokens,
      };
    },
  }),
};

/** What the server saw from one time on until another. */
function countArrivals(arrivals: readonly VirtualArrival[], from: number, to: number) {
  const sum = { requests: 0, accepted: 0, refused: 0, tokens: 0 };
  for (const { at, accepted, tokens } of arrivals) {
    if (at < from || at >= to) continue;
    sum.requests++;
    if (accepted) {
      sum.accepted++;
      sum.tokens += tokens;
    } else sum.refused++;
  }
  return sum;
}
