import { type Context, type Handler, Hono } from "hono";
import { checkOptions, milliseconds, type RulesFor } from "../model/check_options.ts";
import { dashboardHeaders, dashboardRoutes } from "./dashboard/dashboard.ts";
import { ErrorReporter } from "./error_reporter.ts";
import { createIdentify, requirePrincipal } from "./require_principal.ts";
import { requireValidHost } from "./access/valid_host.ts";
import { resolveAuth } from "./access/one_time_token.ts";
import { allowCrossOrigin, assignRequestId, setSecurityHeaders } from "./headers.ts";
import { toOpenAIError, withOpenAIStatus } from "./openai/openai_error.ts";
import { type AgentRoutesOptions, checkRouteOptions } from "./options.ts";
import { toProblem } from "./public_error.ts";
import { Problem, problemResponse } from "./problem.ts";
import { batchRoute, resumeRoute } from "./routes/batch.ts";
import { callRoute } from "./routes/call.ts";
import { chatRoute } from "./openai/chat_route.ts";
import { healthRoute } from "./routes/health.ts";
import { listRoute } from "./routes/list.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { modelRoute, modelsRoute } from "./openai/models_route.ts";
import { useOpenAIFormat } from "./openai/use_openai_format.ts";
import { openapiRoute } from "./routes/openapi.ts";
import { responsesRoute, storedResponseRoute } from "./openai/responses_route.ts";
import { streamRoute } from "./routes/stream.ts";
import { type Env, failedRequestOf, Service, type ShutdownReport } from "./service.ts";

/** Options of {@linkcode AgentRoutes.shutdown}. */
export interface ShutdownOptions {
  /**
   * How long to wait for the requests in progress before they are aborted, in milliseconds, 0 or
   * more. Deno Deploy allows 5 seconds after SIGINT.
   *
   * @default {3_500}
   */
  readonly grace?: number;
}

/** A Hono app. */
export type HonoApp = InstanceType<(typeof import("hono"))["Hono"]>;

/** Agents as a Hono app: mount it with `app.route("/agents", routes)` or serve its `fetch`. */
export interface AgentRoutes extends HonoApp {
  /** The token that `auth: "one-time-token"` has created; absent with another `auth`. */
  readonly oneTimeToken?: string;
  /**
   * Rejects new requests (503), waits for the requests in progress, and aborts those that have not
   * finished within the grace period. The sockets belong to the server: shut it down afterwards.
   *
   * @throws {RangeError} If `grace` is out of range.
   */
  shutdown(options?: ShutdownOptions): Promise<ShutdownReport>;
}

const DEFAULT_GRACE = 3_500;

const SHUTDOWN_RULES: RulesFor<ShutdownOptions> = { grace: milliseconds };

/**
 * Serves agents and workflows over HTTP, each under its name.
 *
 * - `GET /`: lists the agents with their JSON Schemas; `GET /openapi.json`: the same as OpenAPI 3.1
 * - `POST /:name`: calls an agent; the body holds the parameters
 * - `POST /:name/stream`: calls an agent and sends the events of the call as server-sent events
 * - `POST /batch`: makes many calls; the response is JSON, server-sent events or NDJSON
 * - `GET /batch/:id`: resumes a batch stream after a lost connection
 * - `POST /v1/chat/completions`, `POST /v1/responses`, `GET /v1/models`: the same agents for
 *   clients of OpenAI's API
 * - `GET /health`, `GET /metrics`
 * - `GET /dashboard`, if it is enabled: live figures for people
 *
 * A client that disconnects aborts its calls. Over HTTP/1.1, Deno's own server reports a
 * disconnect only after the response has begun, unless the request was small. Until then a plain
 * call runs to its end or to `limits.deadline`. The response of a batch begins at once, that of a
 * stream with its first event, or when a `heartbeat` is due: a call that fails before that gets the
 * status of its error.
 *
 * Access is denied by default: without `auth`, every request gets a 401, also one from this
 * machine. For development, `auth: "one-time-token"` creates a token and prints it.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { agentRoutes } from "@shoal/agents/hono";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Sentiment = defineAgent({
 *   name: "sentiment",
 *   model: "gpt-5-mini",
 *   prompt: "Label the sentiment: {input}",
 *   provider: scripted("positive"), // remove this line to use the real model
 * });
 * const app = agentRoutes({ agents: [Sentiment], auth: { tokens: ["secret"] } });
 *
 * const response = await app.request("/sentiment", {
 *   method: "POST",
 *   headers: { authorization: "Bearer secret", "content-type": "application/json" },
 *   body: JSON.stringify({ input: "I love it" }),
 * });
 * console.log(response.status, (await response.json()).content); // 200 positive
 * ```
 */
export function agentRoutes(options: AgentRoutesOptions): AgentRoutes {
  const doing = "create the routes";
  checkRouteOptions(doing, options);
  const { agents, limits, heartbeat = 15_000, info = {}, onError } = options;
  const reporter = new ErrorReporter(onError);
  const service = new Service(agents, { limits, heartbeat, reporter });

  const { auth, oneTimeToken } = resolveAuth(doing, options.auth);
  const identify = createIdentify(auth);

  const app = new Hono<Env>();
  app.use(assignRequestId);
  // Registered before the general headers, so that it runs after them and can override them.
  if (options.dashboard) app.use("/dashboard/*", dashboardHeaders);
  app.use(setSecurityHeaders(options));
  if (options.cors !== undefined) app.use(allowCrossOrigin(options.cors));
  app.use(requireValidHost);
  const { openai = true, metrics } = options;
  if (openai !== false) app.use("/v1/*", useOpenAIFormat);
  app.use((_, next) => {
    service.batches.sweep();
    return next();
  });

  const openable = {
    health: ["/health", healthRoute(service)],
    metrics: ["/metrics", metricsRoute(service, metrics?.principals ?? [])],
    openapi: ["/openapi.json", openapiRoute(service, { info, openai: openai !== false })],
  } as const;
  // Routes registered before `requirePrincipal` are open to everyone.
  for (const name of options.open ?? []) {
    const [path, handler] = openable[name];
    app.get(path, handler);
  }
  if (options.dashboard) {
    const own = options.dashboard === true ? {} : options.dashboard;
    const parts = { service, identify, auth, oneTimeToken, options: own };
    app.route("/dashboard", dashboardRoutes(parts));
  }
  app.use(requirePrincipal(identify, options));
  for (const [path, handler] of Object.values(openable)) route(app, "GET", path, handler);

  route(app, "GET", "/", listRoute(service));
  if (openai !== false) {
    const overrides = new Set(openai === true ? [] : openai.overrides);
    route(app, "GET", "/v1/models", modelsRoute(service));
    route(app, "GET", "/v1/models/:id", modelRoute(service));
    route(app, "POST", "/v1/chat/completions", chatRoute(service, overrides));
    route(app, "POST", "/v1/responses", responsesRoute(service, overrides));
    app.all("/v1/responses/*", storedResponseRoute);
  } else app.all("/v1/*", noRoute);
  route(app, "POST", "/batch", batchRoute(service));
  route(app, "GET", "/batch/:id", resumeRoute(service));
  // An unknown name is a 404 for every method, never a 405.
  const checkName = (c: Context<Env>) => void service.getAgent(c.req.param("name"));
  route(app, "POST", "/:name", callRoute(service), checkName);
  route(app, "POST", "/:name/stream", streamRoute(service), checkName);
  app.all("*", noRoute);

  app.onError((error, c) => {
    const isOpenAI = c.get("openai") === true;
    if (error instanceof Problem && error.status === 401) service.unauthorized++;
    const reported = toProblem(error);
    reporter.reportProblem(reported, failedRequestOf(c));
    const problem = isOpenAI ? withOpenAIStatus(reported) : reported;
    return problemResponse(c, problem, isOpenAI ? { error: toOpenAIError(problem) } : {});
  });
  // The type hides the variables that the routes pass to each other.
  return Object.assign(app as unknown as HonoApp, {
    ...(oneTimeToken !== undefined && { oneTimeToken }),
    async shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
      checkOptions("shut down the routes", options, SHUTDOWN_RULES);
      return await service.shutdown(options.grace ?? DEFAULT_GRACE);
    },
  });
}

function noRoute(): never {
  throw new Problem(404, "not_found", "There is no such route: GET / lists the agents");
}

/**
 * Adds a route. Other methods of its path get a 405 that names the right method; `check` may throw
 * another problem first.
 */
function route(
  app: Hono<Env>,
  method: "GET" | "POST",
  path: string,
  handler: Handler<Env>,
  check?: (c: Context<Env>) => void,
): void {
  app.on(method, path, handler);
  app.all(path, (c) => {
    check?.(c);
    throw new Problem(405, "method_not_allowed", `This route only accepts ${method}`, {
      headers: { allow: method === "GET" ? "GET, HEAD" : method },
    });
  });
}
