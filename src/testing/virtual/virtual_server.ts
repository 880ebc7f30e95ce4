/**
 * What happens to a request at the virtual provider, in order: stream, outage, faults, limits, answer.
 */
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

const OUTPUT = "outputTokens must give a number of tokens, 0 or more";

/** The behaviour of one virtual provider. */
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

  /** How many wait for a stream. */
  get waiting(): number {
    return this.#streams.waiting;
  }

  /** Answers whole. */
  generate(request: ModelRequest, options: ProviderOptions): Promise<ModelReply> {
    return this.#answer(pendingRequest(request, options), true);
  }

  /** Answers word by word. */
  async *stream(request: ModelRequest, options: ProviderOptions): AsyncGenerator<ModelChunk> {
    const flight = pendingRequest(request, options);
    const { signal } = flight;
    try {
      const reply = await this.#answer(flight, false);
      const words = reply.text.match(/\s*\S+|\s+$/g) ?? [];
      const truncated = flight.fault === "truncate";
      const said = truncated ? words.slice(0, words.length / 2) : words;
      const ms = this.#msOf(reply);
      const began = performance.now();
      for (const [i, word] of said.entries()) {
        await pauseUntil(began + ms * i / words.length, signal);
        yield { type: "delta", text: word };
        signal.throwIfAborted();
      }
      await pauseUntil(began + (truncated ? ms / 2 : ms), signal);
      if (truncated) throw truncatedError(reply, said.join(""));
      this.#end(flight, true);
      yield { type: "reply", reply };
    } catch (error) {
      this.#end(flight, !signal.aborted);
      throw error;
    } finally {
      // Still in flight if nobody reads on.
      this.#end(flight, false);
    }
  }

  /**
   * Waits until the answer begins, or is there whole. One function does it all, since each one that waits keeps half a kilobyte.
   */
  async #answer(flight: PendingRequest, whole: boolean): Promise<ModelReply> {
    const { signal } = flight;
    signal.throwIfAborted();
    flight.isInFlight = true;
    this.collector.begin();
    try {
      const opening = this.#streams.open(signal);
      if (opening !== undefined) await opening;
      flight.hasStream = true;
      signal.throwIfAborted();

      const saying = this.#arrive(flight);
      if (saying !== undefined) await saying;
      const waiting = pause(flight.delay, signal);
      if (waiting !== undefined) await waiting;

      const reply = this.#heard(flight);
      if (!whole) return reply;
      const truncated = flight.fault === "truncate";
      const speaking = pause(truncated ? this.#msOf(reply) / 2 : this.#msOf(reply), signal);
      if (speaking !== undefined) await speaking;
      if (truncated) throw truncatedError(reply, reply.text.slice(0, reply.text.length / 2));
      this.#end(flight, true);
      return reply;
    } catch (error) {
      this.#end(flight, !signal.aborted);
      throw error;
    }
  }

  #end(flight: PendingRequest, complete: boolean): void {
    if (!flight.isInFlight) return;
    flight.isInFlight = false;
    this.collector.inFlight--;
    if (!complete) this.collector.aborted++;
    if (flight.isRunning) this.#running--;
    if (flight.hasStream) this.#streams.close();
  }

  /** Lets a request through, or not, and makes its answer; gives what must be waited for if that takes time. */
  #arrive(flight: PendingRequest): Promise<void> | undefined {
    const { request } = flight;
    const now = performance.now();
    const tokens = estimateTokens(request.messages);
    const fault = flight.fault = drawFault(this.#faults, this.#random);
    const refused = outageAt(now - this.#began, this.#options.outages) ?? rejectionFor(fault) ??
      this.#limited(request, tokens, now);
    const arrival = this.collector.arrive(now - this.#began, refused === undefined, tokens);
    if (refused !== undefined) {
      flight.rates = this.#rates(now);
      flight.delay = refused === "stall" ? Infinity : this.#options.refusalLatency ?? 20;
      flight.failure = refused === "stall" ? undefined : refused;
      return undefined;
    }
    flight.isRunning = true;
    this.#running++;
    // All chances are drawn in the order in which the requests come, however long anything takes.
    const { latency = 0, outputTokens, respond } = this.#options;
    const ms = drawLatency(latency, this.#random, request);
    flight.delay = fault === "stall" ? Infinity : ms;
    const output = outputTokens === undefined
      ? undefined
      : Math.round(drawNumber(outputTokens, this.#random, request, OUTPUT));
    const status = fault === undefined ? undefined : statusOfFault(fault);
    if (status !== undefined) {
      flight.rates = this.#rates(now);
      flight.failure = { status };
      return undefined;
    }
    const said = respond === undefined
      ? lastMessageText(request)
      : respond(request, this.collector.accepted - 1);
    if (said instanceof Promise) {
      return untilAbort(said, flight.signal).then((said) =>
        this.#say(flight, toModelReply(said, tokens, output), performance.now(), arrival)
      );
    }
    this.#say(flight, toModelReply(said, tokens, output), now, arrival);
    return undefined;
  }

  /** Books what will be answered. */
  #say(
    flight: PendingRequest,
    reply: ModelReply | Error,
    now: number,
    arrival: MutableArrival | undefined,
  ): void {
    const tokens = reply instanceof Error ? 0 : reply.usage?.outputTokens ?? 0;
    this.#limiter.spend(tokens, now);
    this.collector.spend(tokens, now - this.#began, arrival);
    flight.rates = this.#rates(now);
    if (flight.fault === "reset") flight.failure = "network";
    else if (reply instanceof Error) flight.failure = reply;
    else flight.reply = reply;
  }

  /** What the client hears. */
  #heard({ reply, failure, rates, onResponse }: PendingRequest): ModelReply {
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

  #msOf({ usage }: ModelReply): number {
    const { tokensPerSecond = Infinity } = this.#options;
    return (usage?.outputTokens ?? 0) / tokensPerSecond * 1000;
  }

  #limited({ model }: ModelRequest, tokens: number, now: number): ErrorReply | undefined {
    const refusal = this.#limiter.admit(model, tokens, this.#running, now);
    if (refusal === undefined) return undefined;
    const { message, retryAfterMs } = refusal;
    return { status: 429, message, retryAfterMs: retryAfterMs ?? undefined };
  }

  #rates(now: number): RateReport | undefined {
    return this.#options.reportRates === false ? undefined : this.#limiter.rateReport(now);
  }
}
