import { runHedged } from "../resilience/hedge.ts";
import type { HedgeOptions } from "../resilience/hedge_options.ts";
import { latenciesOf } from "../resilience/latencies.ts";
import type { Answer } from "./read_reply.ts";
import { type Outgoing, send } from "./send.ts";

/** One attempt, and a second one like it if the first is late. */
export async function sendHedged(call: Outgoing, hedge: HedgeOptions): Promise<Answer> {
  const { agent, provider, request, hooks, trace } = call;
  const from = trace.attempts.length;
  const streamed = hooks.onDelta !== undefined;
  const answer = await runHedged(({ signal, duplicate, sent, ended, first }) => {
    const enter = () => {
      sent(); // first: it may throw, and a breaker that was entered must be told how it ended
      return call.enter?.();
    };
    return send({ ...call, signal, duplicate, enter, ended, first });
  }, {
    hedge,
    signal: call.signal,
    // `seen` is the same object for all that was made of an agent by `with`, and for what it is asked.
    latencies: hedge.percentile === undefined
      ? undefined
      : latenciesOf(agent.seen, provider, request.model, streamed),
  });
  trace.billLoser(from);
  return answer;
}
