/** Answers from the cache, or from an identical call in flight: they cost nothing. */
import { readCache, writeCache } from "../cache/read_cache.ts";
import { SharedFailure, singleFlight } from "../cache/single_flight.ts";
import { requestKey } from "../cache/request_key.ts";
import type { CacheOptions } from "../cache/cache_options.ts";
import type { ErrorCode } from "../model/errors.ts";
import { AgentError } from "../model/result.ts";
import type { ModelReply } from "../model/message.ts";
import { type Answer, readReply } from "./read_reply.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import type { Configuration } from "./options/config.ts";
import { emitDelta } from "./emit_delta.ts";
import type { CallOptions } from "./options/options.ts";
import type { Outgoing } from "./outgoing.ts";

/** How a call shares its answer. */
export interface Sharing {
  /** Where answers are kept; `undefined` if they are not. */
  readonly cache: CacheOptions | undefined;
  /** Whether identical calls in flight share one request. */
  readonly coalesce: boolean;
  /** Whether to call the model even if the answer is cached. */
  readonly skipCache: boolean;
}

/** What the call shares with others; `undefined` if that is nothing. */
export function sharingOf(
  agent: ModelAgent,
  options: CallOptions,
  config: Configuration,
): Sharing | undefined {
  const cache = (options.cache ?? agent.cache ?? config.cache) || undefined;
  const coalesce = options.coalesce ?? agent.coalesce ?? config.coalesce ?? cache !== undefined;
  if (cache === undefined && !coalesce) return undefined;
  return { cache, coalesce, skipCache: options.skipCache ?? false };
}

/** What failed for reasons that only this call has: another one may succeed. */
const OWN_FAILURES: ReadonlySet<ErrorCode> = new Set(["aborted", "budget", "circuit_open", "tool"]);

/** Calls the model unless the answer is cached or an identical call is in flight. */
export async function withCache(
  call: Outgoing,
  { cache, coalesce, skipCache }: Sharing,
  requestAnswer: () => Promise<Answer>,
): Promise<Answer> {
  const { signal, trace } = call;
  // A request without a key is not shared.
  const key = requestKey(call.provider, call.request);
  if (key === undefined) return await requestAnswer();

  if (cache !== undefined && !skipCache) {
    const reply = await readCache(cache, key, signal);
    const answer = reply && await replay(call, reply).catch(unlessUnreadable);
    if (answer !== undefined) return answer;
  }
  const work = async (): Promise<Answer> => {
    const answer = await requestAnswer();
    // Before followers continue, so that later calls find it.
    if (cache !== undefined) await writeCache(cache, key, answer.reply, signal);
    return answer;
  };
  if (!coalesce || skipCache) return await work();

  const began = performance.now();
  // Who was handed the beginning of an answer cannot be given another one; the others can.
  const isOwnFailure = (error: unknown) =>
    trace.emitted || OWN_FAILURES.has((error as AgentError).code);
  const { value, shared } = await singleFlight.share(key, work, { signal, isOwnFailure }).catch(
    (thrown) => {
      throw thrown instanceof SharedFailure ? followersError(call, thrown.cause) : thrown;
    },
  );
  if (!shared) return value;
  trace.modelMs += performance.now() - began;
  return await replay(call, value.reply);
}

/**
 * Reads a reply requested by another call and emits its text as one delta if the call is streamed.
 */
async function replay(call: Outgoing, reply: ModelReply): Promise<Answer> {
  const { trace, agent, hooks, signal } = call;
  const answer = await readReply(reply, agent, trace, signal);
  trace.cached = true;
  trace.response = undefined;
  if (hooks.onReasoning !== undefined && reply.reasoning) await hooks.onReasoning(reply.reasoning);
  if (hooks.onDelta !== undefined && reply.text !== "") await emitDelta(call, reply.text);
  return answer;
}

/** A cached answer that the schema rejects, perhaps as the schema has changed, counts as none. */
function unlessUnreadable(error: unknown): undefined {
  if (error instanceof AgentError && error.code === "invalid_output") return undefined;
  throw error;
}

/** The failure of the request that this call waited for, as its own. */
function followersError({ trace }: Outgoing, cause: unknown): unknown {
  if (!(cause instanceof AgentError)) return cause;
  const { code, status, retryAfterMs, retryable, issues, text } = cause;
  return trace.make(
    `Cannot finish the call of "${trace.agent}" ` +
      `as the request that it shared failed: ${cause.message}`,
    { code, status, retryAfterMs, retryable, issues, text, cause },
  );
}
