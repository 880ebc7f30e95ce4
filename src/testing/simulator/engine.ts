/** Handles a request, in this order: route, API key, format, limits, faults, answer. */
import { makeAnswer, promptTokens } from "./answer.ts";
import { chatDialect } from "./dialects/chat.ts";
import { Batches } from "./batches.ts";
import { errorPlan, jsonPlan } from "./error_bodies.ts";
import type { HttpExchange } from "./http/http_exchange.ts";
import { FileStore } from "./files.ts";
import { applyToAnswer, applyToPlan, FaultSource, statusFaultPlan } from "./faults.ts";
import { retryHeaders, ServerLimiter } from "./server_limiter.ts";
import type { SimulatorBehaviour } from "./simulator_options.ts";
import type { SimulatorStats } from "./stats.ts";
import type { SimulatorRequest } from "./request_types.ts";
import { type ResponsePlan, sendPlan } from "./response_plan.ts";
import { readRequest } from "./read_request.ts";
import { drawLatency, type Random, seededRandom } from "./random.ts";
import { responsesDialect } from "./dialects/responses.ts";

/** The routes of the model, and the API of each. */
const APIS: Readonly<Record<string, SimulatorRequest["api"]>> = {
  "POST /v1/chat/completions": "chat",
  "POST /v1/responses": "responses",
};

const DEFAULT_MODELS = ["gpt-5-mini", "gpt-4o-mini"];

/** The behaviour of a simulator and its counts. */
export class Engine {
  stats: SimulatorStats = freshStats(0);
  #behaviour: SimulatorBehaviour = {};
  #random!: Random;
  #limiter!: ServerLimiter;
  readonly #faults = new FaultSource();
  /** Whether connections may be reused. */
  keepAlive = true;
  readonly #files = new FileStore();
  readonly #batches = new Batches(this.#files, (url, body) => this.#answerLine(url, body));
  #index = 0;
  #running = 0;

  constructor(behaviour: SimulatorBehaviour) {
    this.configure({ seed: 1, limits: {}, faults: {}, ...behaviour });
  }

  /** Changes the given options; limits, seed and script restart when they are given. */
  configure(changes: SimulatorBehaviour): void {
    const all = this.#behaviour = { ...this.#behaviour, ...changes };
    if ("seed" in changes) this.#random = seededRandom(all.seed ?? 1);
    if ("limits" in changes) this.#limiter = new ServerLimiter(all.limits ?? {}, performance.now());
    if ("script" in changes) this.#faults.script = all.script;
    if ("faults" in changes) this.#faults.rates = all.faults ?? {};
    this.keepAlive = all.keepAlive ?? !mayReset(all);
  }

  resetStats(): void {
    this.stats = freshStats(this.stats.inFlight);
  }

  /** Answers one request. Never rejects. */
  async handle(exchange: HttpExchange): Promise<void> {
    this.stats.requests++;
    this.stats.inFlight++;
    this.stats.peakInFlight = Math.max(this.stats.peakInFlight, this.stats.inFlight);
    exchange.onSettled = () => this.stats.inFlight--;
    const index = this.#index++;
    try {
      let plan: ResponsePlan;
      try {
        plan = await this.#plan(exchange, index);
      } catch (error) {
        // A function of the options threw: the answer says so.
        const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        plan = errorPlan(500, { message, type: "server_error", code: "simulator_callback_failed" });
      }
      exchange.forgetRequest();
      if (!this.keepAlive) exchange.keepAlive = false;
      plan.headers["x-request-id"] = `req_sim${index}`;
      await sendPlan(exchange, plan, () => {
        this.stats.byStatus[plan.status] = (this.stats.byStatus[plan.status] ?? 0) + 1;
      });
    } catch {
      // Sending failed, as with an invalid header.
      exchange.drop();
    } finally {
      exchange.settle();
      if (exchange.aborted) this.stats.aborted++;
    }
  }

  #plan(exchange: HttpExchange, index: number): ResponsePlan | Promise<ResponsePlan> {
    const { apiKey, models } = this.#behaviour;
    const route = `${exchange.method} ${exchange.path}`;
    const api = Object.hasOwn(APIS, route) ? APIS[route] : undefined;
    const isStored = /^\/v1\/(files|batches)\b/.test(exchange.path);
    if (!api && !isStored && route !== "GET /v1/models") {
      return errorPlan(404, { message: `Unknown request URL: ${route}.`, code: "unknown_url" });
    }
    if (apiKey !== undefined && exchange.headers["authorization"] !== `Bearer ${apiKey}`) {
      // The key that was sent stays out of the message: messages end up in logs.
      const message = "Incorrect API key provided. Check the key that the client was given.";
      return errorPlan(401, { message, code: "invalid_api_key" });
    }
    if (isStored) {
      return this.#files.plan(exchange) ?? this.#batches.plan(exchange, this.#behaviour) ??
        errorPlan(404, { message: `Unknown request URL: ${route}.`, code: "unknown_url" });
    }
    if (!api) {
      const data = (models ?? DEFAULT_MODELS).map((id) => ({
        id,
        object: "model",
        created: 1_700_000_000,
        owned_by: "simulator",
      }));
      return jsonPlan(200, { object: "list", data });
    }
    const request = readRequest(exchange, index, api);
    if ("status" in request) return request;
    return this.#unknownModel(request) ?? this.#answer(exchange, request);
  }

  #unknownModel({ model }: SimulatorRequest): ResponsePlan | undefined {
    const { models } = this.#behaviour;
    if (!models || models.includes(model)) return undefined;
    const message = `The model "${model}" does not exist or you do not have access to it.`;
    return errorPlan(404, { message, param: "model", code: "model_not_found" });
  }

  /**
   * Answers a request of a batch: without limits and latency, but with faults that are a status
   * or change the answer.
   */
  async #answerLine(url: string, body: unknown): Promise<{ status: number; body: unknown }> {
    this.stats.batchRequests++;
    const api = APIS[`POST ${url}`]!;
    const read = readRequest({ body: JSON.stringify(body), headers: {} }, this.#index++, api);
    const resultOf = ({ status, parts }: ResponsePlan) => ({
      status,
      body: JSON.parse(parts.join("")),
    });
    if ("status" in read) return resultOf(read);
    const unknown = this.#unknownModel(read);
    if (unknown) return resultOf(unknown);
    const fault = this.#faults.draw(read, this.#random);
    if (fault) this.stats.faults[fault.name] = (this.stats.faults[fault.name] ?? 0) + 1;
    if (fault?.status !== undefined) return resultOf(statusFaultPlan(fault));
    let reply = await makeAnswer(read, this.#behaviour.respond);
    if (fault) reply = applyToAnswer(reply, fault);
    this.stats.inputTokens += reply.inputTokens;
    this.stats.outputTokens += reply.outputTokens;
    const dialect = api === "chat" ? chatDialect : responsesDialect;
    return {
      status: 200,
      body: JSON.parse(dialect.json(read, reply, { isEmpty: fault?.name === "emptyChoices" })),
    };
  }

  async #answer(exchange: HttpExchange, request: SimulatorRequest): Promise<ResponsePlan> {
    const { latency = 0, tokensPerSecond = Infinity, chunkSize = 4, respond } = this.#behaviour;
    const dialect = request.api === "chat" ? chatDialect : responsesDialect;
    const limiter = this.#limiter;
    const headers: Record<string, string> = {};
    const rejection = limiter.admit(
      request.model,
      promptTokens(request),
      this.#running,
      performance.now(),
    );
    if (rejection) {
      const { message, type, retryAfterMs } = rejection;
      limiter.writeHeaders(headers, performance.now());
      if (retryAfterMs !== null) Object.assign(headers, retryHeaders(retryAfterMs));
      return errorPlan(429, { message, type, code: "rate_limit_exceeded" }, headers);
    }
    this.#running++;
    const settled = exchange.onSettled;
    exchange.onSettled = () => {
      this.#running--;
      settled?.();
    };
    const fault = this.#faults.draw(request, this.#random);
    if (fault) this.stats.faults[fault.name] = (this.stats.faults[fault.name] ?? 0) + 1;
    const status = fault?.status;
    // Client errors are sent at once; failures of the model come after the latency.
    const waitMs = status !== undefined && status < 500
      ? 0
      : drawLatency(latency, this.#random, request);
    if (fault && status !== undefined) {
      limiter.writeHeaders(headers, performance.now());
      const plan = statusFaultPlan(fault);
      return { ...plan, waitMs, headers: { ...headers, ...plan.headers } };
    }
    // A `respond` that never resolves must not outlive its client.
    let reply = await exchange.untilDisconnected(makeAnswer(request, respond));
    if (!reply) return jsonPlan(200, {});
    if (fault) reply = applyToAnswer(reply, fault);
    limiter.spend(reply.outputTokens, performance.now());
    limiter.writeHeaders(headers, performance.now());
    this.stats.inputTokens += reply.inputTokens;
    this.stats.outputTokens += reply.outputTokens;
    const isEmpty = fault?.name === "emptyChoices";
    if (!request.stream) {
      const plan = jsonPlan(200, dialect.json(request, reply, { isEmpty }), headers);
      plan.waitMs = waitMs + (reply.outputTokens / tokensPerSecond) * 1000;
      return fault ? applyToPlan(plan, fault, dialect, undefined) : plan;
    }
    const events = dialect.events(request, reply, { chunkSize, isEmpty });
    const plan: ResponsePlan = {
      status: 200,
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        ...headers,
      },
      parts: [...events.deltas, events.closing],
      hasLength: false,
      waitMs,
      intervalMs: (chunkSize / tokensPerSecond) * 1000,
      ending: "end",
    };
    return fault ? applyToPlan(plan, fault, dialect, events) : plan;
  }
}

/** Whether a reset may occur. A function may always return one. */
function mayReset({ script = [], faults }: SimulatorBehaviour): boolean {
  return typeof script === "function" || (faults?.reset ?? 0) > 0 ||
    script.some((fault) => (typeof fault === "object" ? fault.type : fault) === "reset");
}

function freshStats(inFlight: number): SimulatorStats {
  return {
    requests: 0,
    inFlight,
    peakInFlight: inFlight,
    peakStreams: 0,
    connections: 0,
    byStatus: {},
    faults: {},
    aborted: 0,
    batchRequests: 0,
    inputTokens: 0,
    outputTokens: 0,
  };
}
