import { follow, type Follower, type Following } from "../async/abort.ts";
import {
  checkOptions,
  isRecord,
  milliseconds,
  refuse,
  type Rule,
  type RulesFor,
  wholeNumber,
} from "../model/check_options.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../model/message.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import type { Provider, ProviderOptions } from "../model/provider.ts";
import { estimateTokens } from "../model/estimate_tokens.ts";
import { plainUsage, type Usage } from "../model/usage.ts";

/**
 * An answer of a script: a text, a reply of which only `text` is required, or an error to throw.
 * The `reasoning` of a reply is streamed before its text.
 */
export type ScriptedAnswer = string | (Partial<ModelReply> & { readonly text: string }) | Error;

/**
 * What to answer: always the same answer, a list of answers (the last one repeats), or the result
 * of a function of the request and its number, starting at 0.
 */
export type Script =
  | ScriptedAnswer
  | readonly ScriptedAnswer[]
  | ((request: ModelRequest, n: number) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** How {@linkcode scripted} answers. */
export interface ScriptedOptions {
  /**
   * How long each answer takes, in milliseconds: a number, 0 or more, or a function of the request.
   *
   * @default {0}
   */
  readonly latency?: number | ((request: ModelRequest) => number);
  /**
   * The maximum number of requests kept in `requests`, 0 or more: the first ones.
   *
   * @default {1000}
   */
  readonly keep?: number;
}

/** A model in memory that answers from a script. */
export interface ScriptedProvider extends Provider {
  /** The number of requests received. */
  readonly calls: number;
  /** The number of requests in flight. */
  readonly inFlight: number;
  /** The maximum number of requests in flight at once. */
  readonly peakInFlight: number;
  /** The first requests, at most `keep` of them. */
  readonly requests: readonly ModelRequest[];
}

const latency: Rule = (doing, name, value) => {
  if (typeof value !== "function") milliseconds(doing, name, value);
};

const SCRIPTED_RULES: RulesFor<ScriptedOptions> = { latency, keep: wholeNumber };

/**
 * Creates a provider in memory, to test agents without a socket, a key or waiting. Usage is
 * estimated as one token for every 4 characters, unless the answer has a `usage`. A
 * `ProviderError` is thrown, and retried if it is `retryable`.
 *
 * @throws {TypeError} If the script or an option has the wrong type.
 *
 * @example
 * ```ts
 * import { defineAgent, ProviderError } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted([
 *   new ProviderError("busy", { code: "rate_limited", retryable: true, retryAfterMs: 1 }),
 *   "positive",
 * ]);
 * const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
 * const result = await Label.call({ text: "I love it" });
 * console.log(result.content, result.attempts.length); // positive 2
 * ```
 */
export function scripted(script: Script, options: ScriptedOptions = {}): ScriptedProvider {
  checkScript(script);
  checkOptions("script a provider", options, SCRIPTED_RULES);
  const keep = options.keep ?? 1000;
  const requests: ModelRequest[] = [];
  const counts = { calls: 0, inFlight: 0, peakInFlight: 0 };

  function answer(request: ModelRequest, signal: AbortSignal): Promise<ModelReply> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const n = counts.calls++;
    if (requests.length < keep) requests.push(request);
    counts.peakInFlight = Math.max(counts.peakInFlight, ++counts.inFlight);
    const ms = typeof options.latency === "function" ? options.latency(request) : options.latency;
    return new Promise((resolve, reject) => {
      new PendingAnswer(script, request, n, signal, counts, resolve, reject).after(ms ?? 0);
    });
  }

  return {
    name: "scripted",
    get calls() {
      return counts.calls;
    },
    get inFlight() {
      return counts.inFlight;
    },
    get peakInFlight() {
      return counts.peakInFlight;
    },
    requests,
    generate: (request, { signal }) => answer(request, signal),
    async *stream(request: ModelRequest, { signal }: ProviderOptions): AsyncGenerator<ModelChunk> {
      const reply = await answer(request, signal);
      for (const text of wordsOf(reply.reasoning ?? "")) {
        signal.throwIfAborted();
        yield { type: "reasoning", text };
      }
      for (const text of wordsOf(reply.text)) {
        signal.throwIfAborted();
        yield { type: "delta", text };
      }
      yield { type: "reply", reply };
    },
  };
}

/**
 * A pending answer. It is an object with a timer, not an `async` function that sleeps, as pending
 * answers dominate the memory of a large run. `delay` of the standard library would add a
 * listener to each signal, which costs as much as the rest of a call.
 */
class PendingAnswer implements Follower {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #following: Following | undefined;

  constructor(
    readonly script: Script,
    readonly request: ModelRequest,
    readonly n: number,
    readonly signal: AbortSignal,
    readonly counts: { inFlight: number },
    readonly resolve: (reply: ModelReply) => void,
    readonly reject: (reason: unknown) => void,
  ) {}

  after(ms: number): void {
    if (ms <= 0) return this.answer();
    this.#following = follow(this.signal, this);
    this.#timer = setTimeout(wake, Math.min(ms, MAX_TIMER_DELAY), { pending: this });
  }

  onAborted(): void {
    clearTimeout(this.#timer);
    this.rejectWith(this.signal.reason);
  }

  answer(): void {
    this.#following?.stop();
    const { script, request, n } = this;
    try {
      if (typeof script !== "function") {
        this.resolveWith(isList(script) ? script[Math.min(n, script.length - 1)]! : script);
        return;
      }
      const answer = script(request, n);
      if (answer instanceof Promise) {
        answer.then(this.resolveWith.bind(this)).catch(this.rejectWith.bind(this));
      } else this.resolveWith(answer);
    } catch (error) {
      this.rejectWith(error);
    }
  }

  resolveWith(answer: ScriptedAnswer): void {
    this.signal.throwIfAborted();
    if (!isAnswer(answer)) {
      refuse(
        "answer",
        "what the script returns",
        "a text, a reply with a text or an error",
        answer,
      );
    }
    if (answer instanceof Error) throw answer;
    this.counts.inFlight--;
    this.resolve(toReply(answer, this.request));
  }

  rejectWith(reason: unknown): void {
    this.counts.inFlight--;
    this.reject(reason);
  }
}

/** Runs a timer. The runtime retains fired timers for a while: the answer is unlinked from it. */
function wake(timer: { pending: PendingAnswer | undefined }): void {
  const { pending } = timer;
  timer.pending = undefined;
  pending?.answer();
}

function isList(script: Script): script is readonly ScriptedAnswer[] {
  return Array.isArray(script);
}

function checkScript(script: unknown): void {
  const must = "a text, a reply with a text, an error, a list of these or a function";
  const isValid = typeof script === "function" ||
    (Array.isArray(script) ? script.length > 0 && script.every(isAnswer) : isAnswer(script));
  if (!isValid) refuse("script a provider", "the script", must, script);
}

function isAnswer(value: unknown): value is ScriptedAnswer {
  return typeof value === "string" || value instanceof Error ||
    (isRecord(value) && typeof value.text === "string");
}

function toReply(
  answer: string | (Partial<ModelReply> & { text: string }),
  request: ModelRequest,
): ModelReply {
  const reply = typeof answer === "string" ? { text: answer } : answer;
  return { finishReason: "stop", usage: estimateUsage(request, reply.text), ...reply };
}

/** Splits a text into the deltas of a stream. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Estimates what a model would have used. */
function estimateUsage(request: ModelRequest, text: string): Usage {
  return plainUsage(estimateTokens(request.messages), Math.ceil(text.length / 4));
}
