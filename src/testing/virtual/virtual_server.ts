/** Handles a request of the virtual provider: stream, outage, faults, limits, answer. */
import { untilAbort } from "../../async/abort.ts";
import type { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import { estimateTokens } from "../../model/estimate_tokens.ts";
import { ServerLimiter } from "../simulator/server_limiter.ts";
import { drawLatency, drawNumber, type Random, seededRandom } from "../simulator/random.ts";
import { type ErrorReply, networkError, statusError, truncatedError } from "./provider_errors.ts";
import { drawFault, type FaultShares, outageAt, rejectionFor, statusOfFault } from "./faults.ts";
import { type PendingRequest, pendingRequest } from "./pending_request.ts";
import type { VirtualProviderOptions } from "./virtual_options.ts";
import { pause, pauseUntil } from "./pause.ts";
import { lastMessageText, toModelReply } from "./model_reply.ts";
import { type MutableArrival, StatsCollector } from "./stats.ts";
import { StreamSlots } from "./stream_slots.ts";

const MUST_BE_TOKENS = "outputTokens must return a number of tokens, 0 or more";

/** The behaviour of a virtual provider. */
export class VirtualServer {
  readonly collector: StatsCollector;
  readonly #options: VirtualProviderOptions;
  readonly #faults: FaultShares;
  readonly #random: Random;
  readonly #began = performance.now();
  readonly #limiter: ServerLimiter;
  readonly #streams: StreamSlots;
  #running = 0;

  constructor(options: VirtualProviderOptions) {
    this.#options = options;
    this.collector = new StatsCollector(options.keep ?? 100_000);
    this.#faults = Object.entries(options.faults ?? {}).map(([name, share = 0]) => [name, share]);
    this.#random = seededRandom(options.seed ?? 1);
    this.#limiter = new ServerLimiter(options.limits ?? {}, this.#began);
    this.#streams = new StreamSlots(options.streams ?? Infinity);
  }

  /** The number of requests that wait for a stream. */
  get waiting(): number {
    return this.#streams.waiting;
  }

  /** Answers with the whole reply. */
  generate(request: ModelRequest, options: ProviderOptions): Promise<ModelReply> {
    return this.#answer(pendingRequest(request, options), "whole");
  }

  /** Streams the reply word by word. */
  async *stream(request: ModelRequest, options: ProviderOptions): AsyncGenerator<ModelChunk> {
    const pending = pendingRequest(request, options);
    const { signal } = pending;
    try {
      const reply = await this.#answer(pending, "stream");
      const words = reply.text.match(/\s*\S+|\s+$/g) ?? [];
      const truncated = pending.fault === "truncate";
      const sent = truncated ? words.slice(0, words.length / 2) : words;
      const ms = this.#durationOf(reply);
      const began = performance.now();
      for (const [i, word] of sent.entries()) {
        await pauseUntil(began + ms * i / words.length, signal);
        yield { type: "delta", text: word };
        signal.throwIfAborted();
      }
      await pauseUntil(began + (truncated ? ms / 2 : ms), signal);
      if (truncated) throw truncatedError(reply, sent.join(""));
      this.#end(pending, "complete");
      yield { type: "reply", reply };
    } catch (error) {
      this.#end(pending, signal.aborted ? "aborted" : "complete");
      throw error;
    } finally {
      // The consumer may stop reading before the end.
      this.#end(pending, "aborted");
    }
  }

  /**
   * Waits until the answer starts, or is complete. It is one function, as each pending async
   * function takes half a kilobyte.
   */
  async #answer(pending: PendingRequest, mode: "whole" | "stream"): Promise<ModelReply> {
    const { signal } = pending;
    signal.throwIfAborted();
    pending.isInFlight = true;
    this.collector.begin();
    try {
      const opening = this.#streams.open(signal);
      if (opening !== undefined) await opening;
      pending.hasStream = true;
      signal.throwIfAborted();

      const responding = this.#arrive(pending);
      if (responding !== undefined) await responding;
      const waiting = pause(pending.delay, signal);
      if (waiting !== undefined) await waiting;

      const reply = this.#receive(pending);
      if (mode === "stream") return reply;
      const truncated = pending.fault === "truncate";
      const generating = pause(
        truncated ? this.#durationOf(reply) / 2 : this.#durationOf(reply),
        signal,
      );
      if (generating !== undefined) await generating;
      if (truncated) throw truncatedError(reply, reply.text.slice(0, reply.text.length / 2));
      this.#end(pending, "complete");
      return reply;
    } catch (error) {
      this.#end(pending, signal.aborted ? "aborted" : "complete");
      throw error;
    }
  }

  #end(pending: PendingRequest, how: "complete" | "aborted"): void {
    if (!pending.isInFlight) return;
    pending.isInFlight = false;
    this.collector.inFlight--;
    if (how === "aborted") this.collector.aborted++;
    if (pending.isRunning) this.#running--;
    if (pending.hasStream) this.#streams.close();
  }

  /**
   * Accepts or rejects a request, and makes its answer. Returns a promise if `respond` is
   * asynchronous.
   */
  #arrive(pending: PendingRequest): Promise<void> | undefined {
    const { request } = pending;
    const now = performance.now();
    const tokens = estimateTokens(request.messages);
    const fault = pending.fault = drawFault(this.#faults, this.#random);
    const rejection = outageAt(now - this.#began, this.#options.outages) ?? rejectionFor(fault) ??
      this.#checkLimits(request, tokens, now);
    const arrival = this.collector.arrive({
      at: now - this.#began,
      accepted: rejection === undefined,
      tokens,
    });
    if (rejection !== undefined) {
      pending.rates = this.#rates(now);
      pending.delay = rejection === "stall" ? Infinity : this.#options.refusalLatency ?? 20;
      pending.failure = rejection === "stall" ? undefined : rejection;
      return undefined;
    }
    pending.isRunning = true;
    this.#running++;
    // All random numbers are drawn in the order of arrival, however long `respond` takes.
    const { latency = 0, outputTokens, respond } = this.#options;
    const ms = drawLatency(latency, this.#random, request);
    pending.delay = fault === "stall" ? Infinity : ms;
    const output = outputTokens === undefined
      ? undefined
      : Math.round(drawNumber(outputTokens, this.#random, request, MUST_BE_TOKENS));
    const status = fault === undefined ? undefined : statusOfFault(fault);
    if (status !== undefined) {
      pending.rates = this.#rates(now);
      pending.failure = { status };
      return undefined;
    }
    const response = respond === undefined
      ? lastMessageText(request)
      : respond(request, this.collector.accepted - 1);
    if (response instanceof Promise) {
      return untilAbort(response, pending.signal).then((response) =>
        this.#setReply(pending, toModelReply(response, tokens, output), performance.now(), arrival)
      );
    }
    this.#setReply(pending, toModelReply(response, tokens, output), now, arrival);
    return undefined;
  }

  /** Sets the reply, and counts its tokens. */
  #setReply(
    pending: PendingRequest,
    reply: ModelReply | Error,
    now: number,
    arrival: MutableArrival | undefined,
  ): void {
    const tokens = reply instanceof Error ? 0 : reply.usage?.outputTokens ?? 0;
    this.#limiter.spend(tokens, now);
    this.collector.spend(tokens, now - this.#began, arrival);
    pending.rates = this.#rates(now);
    if (pending.fault === "reset") pending.failure = "network";
    else if (reply instanceof Error) pending.failure = reply;
    else pending.reply = reply;
  }

  /**
   * Returns the reply that the client receives.
   *
   * @throws {ProviderError} If the request fails.
   */
  #receive({ reply, failure, rates, onResponse }: PendingRequest): ModelReply {
    if (failure === "network") {
      this.collector.broken++;
      throw networkError();
    }
    const status = reply === undefined ? (failure as ErrorReply | ProviderError).status : 200;
    if (status !== undefined) {
      this.collector.answer(status);
      onResponse?.();
    }
    if (reply !== undefined) return rates === undefined ? reply : { ...reply, rates };
    if (failure instanceof Error) throw failure;
    const { retryAfter = true } = this.#options;
    throw statusError(retryAfter ? failure! : { ...failure!, retryAfterMs: undefined }, rates);
  }

  #durationOf({ usage }: ModelReply): number {
    const { tokensPerSecond = Infinity } = this.#options;
    return (usage?.outputTokens ?? 0) / tokensPerSecond * 1000;
  }

  #checkLimits({ model }: ModelRequest, tokens: number, now: number): ErrorReply | undefined {
    const rejection = this.#limiter.admit(model, tokens, this.#running, now);
    if (rejection === undefined) return undefined;
    const { message, retryAfterMs } = rejection;
    return { status: 429, message, retryAfterMs: retryAfterMs ?? undefined };
  }

  #rates(now: number): RateReport | undefined {
    return this.#options.reportRates === false ? undefined : this.#limiter.rateReport(now);
  }
}
