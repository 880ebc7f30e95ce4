/** One attempt on the wire: a request goes out, a reply or a {@linkcode ProviderError} comes back. */
import { ChildAbort } from "../model/abort.ts";
import { isRecord } from "../model/check.ts";
import { ProviderError } from "../model/errors.ts";
import type { ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { TimeoutOptions } from "../resilience/timeout.ts";

/** What an attempt is made of. */
export interface AttemptOptions {
  /** Who answers. */
  readonly provider: Provider;
  /** What is asked. */
  readonly request: ModelRequest;
  /** Time limits. */
  readonly timeout: TimeoutOptions;
  /** Aborts the attempt. */
  readonly signal: AbortSignal | undefined;
  /** Takes the pieces of a streamed answer; without it the answer is asked for whole. */
  readonly onDelta?: (text: string) => void | Promise<void>;
}

/**
 * Sends one request and waits for its reply, no longer than the limits allow. It ends as soon as the signal aborts or
 * a limit passes, even if the provider does not listen.
 *
 * @throws {ProviderError} What the provider threw.
 * @throws The reason of the signal or of the time limit.
 */
export async function attempt(options: AttemptOptions): Promise<ModelReply> {
  using child = new ChildAbort(options.signal);
  const ms = options.timeout.attempt;
  child.abortAfter(ms, `no answer within ${ms} ms`);
  const { provider, request } = options;
  return options.onDelta === undefined
    ? checked(await child.race(provider.generate(request, { signal: child.signal })), provider)
    : await streamed(options, options.onDelta, child);
}

async function streamed(
  { provider, request, timeout }: AttemptOptions,
  onDelta: (text: string) => void | Promise<void>,
  child: ChildAbort,
): Promise<ModelReply> {
  // The limit on silence has a timer of its own beside that of the attempt. It runs only while we wait for the
  // provider: a slow reader is not a stalled server, and comments never get this far.
  using silence = new ChildAbort(child.signal);
  const chunks = provider.stream(request, { signal: silence.signal })[Symbol.asyncIterator]();
  let ended = false;
  try {
    let limit = timeout.firstToken ?? timeout.idle;
    for (;;) {
      silence.abortAfter(limit, `no token within ${limit} ms`);
      const next = await silence.race(chunks.next());
      silence.abortAfter(undefined, "");
      if (next.done) break;
      if (next.value.type === "reply") {
        ended = true;
        return checked(next.value.reply, provider);
      }
      limit = timeout.idle;
      await silence.race(Promise.resolve(onDelta(next.value.text)));
    }
    ended = true;
    throw new ProviderError("the stream ended before its end", {
      code: "truncated",
      retryable: true,
    });
  } finally {
    // The request is aborted first, so that a generator that hangs in it can end.
    if (!ended) silence.abort(new DOMException("The attempt is over", "AbortError"));
    chunks.return?.().catch(() => {});
  }
}

/** A provider is somebody else's code: its reply is looked at before it is believed. */
function checked(reply: ModelReply, provider: Provider): ModelReply {
  if (isRecord(reply) && typeof reply.text === "string") return reply as unknown as ModelReply;
  throw new ProviderError(`the provider "${provider.name}" gave no reply with a text`, {
    code: "provider",
    retryable: true,
  });
}
