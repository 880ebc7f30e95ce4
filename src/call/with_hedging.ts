import { runHedged } from "../resilience/hedge.ts";
import type { HedgeOptions } from "../resilience/hedge_options.ts";
import { latenciesOf } from "../resilience/latencies.ts";
import type { Answer } from "./read_reply.ts";
import type { HedgedPair, Outgoing } from "./outgoing.ts";
import { send } from "./send.ts";

/** One attempt, and a second one like it if the first is late. */
export async function withHedging(call: Outgoing, hedge: HedgeOptions): Promise<Answer> {
  const { agent, provider, request, hooks, trace } = call;
  const from = trace.attempts.length;
  const pair: HedgedPair = {};
  const streamed = hooks.onDelta !== undefined;
  const answer = await runHedged(({ signal, duplicate, sent, ended, first }) => {
    const enter = () => {
      sent(); // first: it may throw, and an entered breaker needs an outcome
      return call.enter?.();
    };
    return send({ ...call, signal, duplicate, enter, ended, first, pair });
  }, {
    hedge,
    signal: call.signal,
    // Agents that come of each other by `with` share this object, and `ask` keeps it.
    latencies: hedge.percentile === undefined
      ? undefined
      : latenciesOf(agent.tokenAverages, provider, request.model, streamed),
  });
  trace.billLoser(from);
  return answer;
}
