/** Minutes of calls to a server with limits, in virtual time. */
import { configure, defineAgent, type LimitOptions, stream } from "@shoal/agents";
import {
  type VirtualArrival,
  virtualProvider,
  type VirtualProviderOptions,
  virtualTime,
} from "@shoal/agents/testing";
import { type Cases, REVIEW, TASK } from "../measure/case.ts";

interface Options {
  /** The options of the server. */
  readonly server: VirtualProviderOptions;
  /** The limits of the agent. */
  readonly limits?: LimitOptions;
  /** The number of calls in flight. */
  readonly concurrency: number;
  /** The number of minutes during which calls are started. */
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
          // Calls that fail before a request is sent take no virtual time: the run would not end.
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
        rejectedFirst: first.rejected,
        requestsFirst: first.requests,
        rejectedLater: later.rejected,
        requestsLater: later.requests,
        acceptedSecond: second.accepted,
        acceptedLater: later.accepted,
        tokensSecond: second.tokens,
        tokensLater: later.tokens,
      };
    },
  }),
};

/** Counts the requests that arrived at the server within an interval. */
function countArrivals(arrivals: readonly VirtualArrival[], from: number, to: number) {
  const sum = { requests: 0, accepted: 0, rejected: 0, tokens: 0 };
  for (const { at, accepted, tokens } of arrivals) {
    if (at < from || at >= to) continue;
    sum.requests++;
    if (accepted) {
      sum.accepted++;
      sum.tokens += tokens;
    } else sum.rejected++;
  }
  return sum;
}
