/**
 * One attempt on the wire: a request goes out, a reply or a {@linkcode ProviderError} comes back.
 */
import { ChildAbort } from "../async/abort.ts";
import { isRecord } from "../model/check_options.ts";
import { ProviderError } from "../model/errors.ts";
import type { ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Usage } from "../model/usage.ts";
import type { TimeoutOptions } from "./options/timeouts.ts";
import { isToolRequest } from "./options/prompt_parts.ts";

/** The options of an attempt. */
export interface AttemptOptions {
  /** Who answers. */
  readonly provider: Provider;
  /** The request to send. */
  readonly request: ModelRequest;
  /** Time limits. */
  readonly timeout: TimeoutOptions;
  /** Aborts the attempt. */
  readonly signal: AbortSignal | undefined;
  /** Takes the pieces of a streamed answer; without it the answer is asked for whole. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /** Receives the deltas of the reasoning of a streamed answer. */
  readonly onReasoning?: (text: string) => void | Promise<void>;
  /** Called when the server begins to answer. */
  readonly onResponse?: () => void;
}

/** Maps the outcome of an attempt to a value, synchronously. */
export interface AttemptHandler<T> {
  /** The reply. */
  replied(reply: ModelReply): T | Promise<T>;
  /** What the provider threw, or the reason of the signal or of the time limit. */
  failed(thrown: unknown): T | Promise<T>;
}

/**
 * Sends one request and waits for its reply, no longer than the limits allow. It ends as soon as
 * the signal aborts or a limit passes, even if the provider does not listen.
 *
 * @returns The value that the handler returns.
 */
export function requestProvider<T>(
  options: AttemptOptions,
  handler: AttemptHandler<T>,
): Promise<T> {
  const { provider, request, timeout, signal, onDelta } = options;
  const child = new ChildAbort(signal);
  child.abortAfter(timeout.attempt, "timeout.attempt passed: there was no answer");
  // Promises by hand: an `async` function keeps three times as much in memory while it waits, and
  // all that are in flight wait here.
  return new Promise((resolve, reject) => {
    let settled = false;
    const onError = (thrown: unknown): void => {
      if (settled) return;
      settled = true;
      child[Symbol.dispose]();
      try {
        resolve(handler.failed(thrown));
      } catch (error) {
        reject(error);
      }
    };
    const onReply = (given: ModelReply): void => {
      if (settled) return;
      let reply: ModelReply;
      try {
        reply = checkReply(given, provider);
      } catch (error) {
        return onError(error);
      }
      settled = true;
      child[Symbol.dispose]();
      try {
        resolve(handler.replied(reply));
      } catch (error) {
        reject(error);
      }
    };
    child.onFirstAbort(onError);
    // It may have been withdrawn just now: then nothing goes out.
    if (child.signal.aborted) return;
    try {
      const reply = onDelta === undefined
        ? provider.generate(request, { signal: child.signal })
        : streamReply(options, onDelta, child);
      if (isPromise(reply)) reply.then(onReply, onError);
      else onReply(reply);
    } catch (error) {
      onError(error);
    }
  });
}

/** A provider is foreign code: it may return its reply without a promise. */
function isPromise(reply: ModelReply | PromiseLike<ModelReply>): reply is PromiseLike<ModelReply> {
  return typeof (reply as PromiseLike<ModelReply>)?.then === "function";
}

async function streamReply(
  { provider, request, timeout, onReasoning, onResponse }: AttemptOptions,
  onDelta: (text: string) => void | Promise<void>,
  child: ChildAbort,
): Promise<ModelReply> {
  // The limit on silence has a timer of its own beside that of the attempt. It runs only while we
  // wait for the provider: a slow reader is not a stalled server, and comments never get this far.
  using silence = new ChildAbort(child.signal);
  const chunks = provider.stream(request, { signal: silence.signal, onResponse })
    [Symbol.asyncIterator]();
  let ended = false;
  try {
    const { firstToken, idle } = timeout;
    const first = firstToken === undefined ? "idle" : "firstToken";
    silence.abortAfter(firstToken ?? idle, `timeout.${first} passed: there was no token`);
    for (;;) {
      const next = await silence.race(Promise.resolve(chunks.next()));
      if (next.done) break;
      const chunk = next.value;
      if (chunk?.type === "reply") {
        ended = true;
        return chunk.reply;
      }
      if (chunk?.type === "reasoning" || chunk?.type === "progress") {
        // The text of encrypted reasoning is empty.
        if (onReasoning !== undefined && chunk.type === "reasoning" && chunk.text) {
          silence.abortAfter(undefined, "");
          await silence.race(Promise.resolve(onReasoning(chunk.text)));
        }
        silence.abortAfter(idle, "timeout.idle passed: there was no token");
        continue;
      }
      if (chunk?.type !== "delta" || typeof chunk.text !== "string") {
        throw invalidReply(provider, "a piece of an answer that has no text");
      }
      // An empty piece is no token: some servers keep the connection alive with them.
      if (chunk.text === "") continue;
      silence.abortAfter(undefined, "");
      await silence.race(Promise.resolve(onDelta(chunk.text)));
      silence.abortAfter(idle, "timeout.idle passed: there was no token");
    }
    ended = true;
    throw new ProviderError("the stream ended before its end", {
      code: "truncated",
      retryable: true,
    });
  } finally {
    // The request is aborted first, so that a generator that hangs in it can end.
    if (!ended) silence.abort(new DOMException("The attempt is over", "AbortError"));
    (async () => await chunks.return?.())().catch(() => {});
  }
}

/** Validates a reply, since a provider is foreign code. */
function checkReply(reply: ModelReply, provider: Provider): ModelReply {
  if (!isRecord(reply) || typeof reply.text !== "string") {
    throw invalidReply(provider, "no reply with a text");
  }
  const toolCalls = reply.toolCalls ?? undefined;
  if (toolCalls !== undefined && !(Array.isArray(toolCalls) && toolCalls.every(isToolRequest))) {
    throw invalidReply(provider, "a reply whose tool calls have no id, name or arguments");
  }
  const usage = readUsage(reply.usage);
  const { finishReason = "stop", refusal } = reply;
  const whole = usage === reply.usage && finishReason === reply.finishReason &&
    refusal !== null && toolCalls === reply.toolCalls;
  if (whole) return reply;
  return {
    ...reply,
    finishReason: finishReason ?? "stop",
    usage,
    refusal: refusal ?? undefined,
    toolCalls,
  };
}

/**
 * Returns the usage with its fields completed, or `undefined` if it is not numeric: the cost is
 * then unknown instead of `NaN`.
 */
function readUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const {
    inputTokens,
    cachedInputTokens = 0,
    cacheWriteTokens = 0,
    outputTokens,
    reasoningTokens = 0,
  } = usage as unknown as Usage;
  const totalTokens = inputTokens + outputTokens;
  const sum = totalTokens + cachedInputTokens + cacheWriteTokens + reasoningTokens;
  if (!Number.isFinite(sum)) return undefined;
  const whole = totalTokens === usage.totalTokens &&
    cachedInputTokens === usage.cachedInputTokens &&
    cacheWriteTokens === usage.cacheWriteTokens &&
    reasoningTokens === usage.reasoningTokens;
  if (whole) return usage as unknown as Usage;
  return {
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens,
    totalTokens,
  };
}

function invalidReply(provider: Provider, what: string): ProviderError {
  return new ProviderError(`the provider "${provider.name}" gave ${what}`, {
    code: "provider",
    retryable: true,
  });
}
