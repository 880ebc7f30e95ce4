import { follow, type Follower, type Following } from "../async/abort.ts";
import {
  checkOptions,
  isRecord,
  milliseconds,
  refuse,
  type Rule,
  wholeNumber,
} from "../model/check_options.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../model/message.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import type { Provider, ProviderOptions } from "../model/provider.ts";
import { estimateTokens } from "../model/estimate_tokens.ts";
import { plainUsage, type Usage } from "../model/usage.ts";

/** An answer of the script: a text, a reply in which only `text` must stand, or an error to be thrown. */
export type ScriptedAnswer = string | (Partial<ModelReply> & { readonly text: string }) | Error;

/**
 * What to answer: always the same, one after another (the last one again and again), or what a function makes of the request and of
 * its number, which counts from 0.
 */
export type Script =
  | ScriptedAnswer
  | readonly ScriptedAnswer[]
  | ((request: ModelRequest, n: number) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** How {@linkcode scripted} answers. */
export interface ScriptedOptions {
  /**
   * How long each answer takes, in milliseconds, or a function of the request that tells.
   *
   * @default {0}
   */
  readonly latency?: number | ((request: ModelRequest) => number);
  /**
   * How many requests are kept in `requests`: the first ones.
   *
   * @default {1000}
   */
  readonly keep?: number;
}

/** A model in memory that answers by a script. */
export interface ScriptedProvider extends Provider {
  /** How many requests came. */
  readonly calls: number;
  /** How many are being answered. */
  readonly inFlight: number;
  /** The most that were being answered at the same time. */
  readonly peakInFlight: number;
  /** The first requests, as many as `keep` says. */
  readonly requests: readonly ModelRequest[];
}

const latency: Rule = (doing, name, value) => {
  if (typeof value !== "function") milliseconds(doing, name, value);
};

/**
 * A provider in memory, to test agents with: no socket, no key, no waiting. Tokens are estimated as a quarter of the
 * characters, unless the answer says what it used. A `ProviderError` is thrown, and retried if it
 * says so.
 *
 * @throws {TypeError} If the script or an option is wrong.
 *
 * @example
 * ```ts
 * import { defineAgent, ProviderError } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted([
 *   new ProviderError("busy", { code: "rate_limited", status: 429, retryable: true, retryAfterMs: 1 }),
 *   "positive",
 * ]);
 * const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
 * const result = await Label.call({ text: "I love it" });
 * console.log(result.content, result.attempts.length); // positive 2
 * ```
 */
export function scripted(script: Script, options: ScriptedOptions = {}): ScriptedProvider {
  checkScript(script);
  checkOptions("script a provider", options, { latency, keep: wholeNumber });
  const keep = options.keep ?? 1000;
  const requests: ModelRequest[] = [];
  const seen = { calls: 0, inFlight: 0, peakInFlight: 0 };

  function answer(request: ModelRequest, signal: AbortSignal): Promise<ModelReply> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const n = seen.calls++;
    if (requests.length < keep) requests.push(request);
    seen.peakInFlight = Math.max(seen.peakInFlight, ++seen.inFlight);
    const ms = typeof options.latency === "function" ? options.latency(request) : options.latency;
    return new Promise((resolve, reject) => {
      new Answering(script, request, n, signal, seen, resolve, reject).after(ms ?? 0);
    });
  }

  return {
    name: "scripted",
    get calls() {
      return seen.calls;
    },
    get inFlight() {
      return seen.inFlight;
    },
    get peakInFlight() {
      return seen.peakInFlight;
    },
    requests,
    generate: (request, { signal }) => answer(request, signal),
    async *stream(request: ModelRequest, { signal }: ProviderOptions): AsyncGenerator<ModelChunk> {
      const reply = await answer(request, signal);
      for (const word of reply.text.match(/\s*\S+|\s+$/g) ?? []) {
        signal.throwIfAborted();
        yield { type: "delta", text: word };
      }
      yield { type: "reply", reply };
    },
  };
}

/**
 * An answer on its way. An object with a timer, not an `async` function that sleeps: what waits here is all that a big run has in memory.
 * `delay` of the standard library would hang a listener of its own on each signal, which costs as much as all the rest of a call.
 */
class Answering implements Follower {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #following: Following | undefined;

  constructor(
    readonly script: Script,
    readonly request: ModelRequest,
    readonly n: number,
    readonly signal: AbortSignal,
    readonly seen: { inFlight: number },
    readonly resolve: (reply: ModelReply) => void,
    readonly reject: (reason: unknown) => void,
  ) {}

  after(ms: number): void {
    if (ms <= 0) return this.say();
    this.#following = follow(this.signal, this);
    this.#timer = setTimeout(wake, Math.min(ms, MAX_TIMER_DELAY), { answering: this });
  }

  onAborted(): void {
    clearTimeout(this.#timer);
    this.fail(this.signal.reason);
  }

  say(): void {
    this.#following?.stop();
    const { script, request, n } = this;
    try {
      if (typeof script !== "function") {
        this.end(isList(script) ? script[Math.min(n, script.length - 1)]! : script);
        return;
      }
      const answer = script(request, n);
      if (answer instanceof Promise) answer.then(this.end.bind(this)).catch(this.fail.bind(this));
      else this.end(answer);
    } catch (error) {
      this.fail(error);
    }
  }

  end(answer: ScriptedAnswer): void {
    this.signal.throwIfAborted();
    if (!isAnswer(answer)) {
      refuse("answer", "what the script gives", "a text, a reply with a text or an error", answer);
    }
    if (answer instanceof Error) throw answer;
    this.seen.inFlight--;
    this.resolve(replyOf(answer, this.request));
  }

  fail(reason: unknown): void {
    this.seen.inFlight--;
    this.reject(reason);
  }
}

/** The runtime keeps timers for a while that have rung: they should not keep the rest. */
function wake(timer: { answering: Answering | undefined }): void {
  const { answering } = timer;
  timer.answering = undefined;
  answering?.say();
}

function isList(script: Script): script is readonly ScriptedAnswer[] {
  return Array.isArray(script);
}

function checkScript(script: unknown): void {
  const must = "a text, a reply with a text, an error, a list of these or a function";
  const right = typeof script === "function" ||
    (Array.isArray(script) ? script.length > 0 && script.every(isAnswer) : isAnswer(script));
  if (!right) refuse("script a provider", "the script", must, script);
}

function isAnswer(value: unknown): value is ScriptedAnswer {
  return typeof value === "string" || value instanceof Error ||
    (isRecord(value) && typeof value.text === "string");
}

function replyOf(
  said: string | (Partial<ModelReply> & { text: string }),
  request: ModelRequest,
): ModelReply {
  const reply = typeof said === "string" ? { text: said } : said;
  return { finishReason: "stop", usage: estimate(request, reply.text), ...reply };
}

/** What it would have used. */
function estimate(request: ModelRequest, text: string): Usage {
  return plainUsage(estimateTokens(request.messages), Math.ceil(text.length / 4));
}
