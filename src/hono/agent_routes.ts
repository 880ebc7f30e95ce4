import { type Context, type Handler, Hono } from "hono";
import { checkOptions, milliseconds } from "../model/check_options.ts";
import { dashboardHeaders, dashboardRoutes } from "./dashboard/dashboard.tsx";
import { createIdentify, requirePrincipal } from "./require_principal.ts";
import { allowCrossOrigin, assignRequestId, setSecurityHeaders } from "./headers.ts";
import { toOpenAIError } from "./openai/openai_error.ts";
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
import { openapiRoute } from "./routes/openapi.ts";
import { streamRoute } from "./routes/stream.ts";
import { type Env, Service, type ShutdownReport } from "./service.ts";

/** How routes are shut down. */
export interface ShutdownOptions {
  /**
   * How long requests in progress may go on, in milliseconds; then they are aborted.
   *
   * @default {3_500} Deno Deploy leaves 5 seconds after SIGINT
   */
  readonly grace?: number;
}

/** A Hono app. */
export type HonoApp = InstanceType<(typeof import("hono"))["Hono"]>;

/** Agents as a Hono app: mount it with `app.route("/agents", routes)`, or serve its `fetch`. */
export interface AgentRoutes extends HonoApp {
  /**
   * Takes no more requests (503), lets those in progress finish, and aborts them when the grace time is over. The sockets are the
   * server's: shut that down afterwards.
   *
   * @throws {RangeError} If the grace time is out of range.
   */
  shutdown(options?: ShutdownOptions): Promise<ShutdownReport>;
}

const DEFAULT_GRACE = 3_500;

/**
 * Serves agents and workflows over HTTP: their names are the routes.
 *
 * - `GET /`: who can be called, with JSON Schemas; `GET /openapi.json`: the same as OpenAPI 3.1
 * - `POST /:name`: a call; the body is the parameters
 * - `POST /:name/stream`: what happens in it, as server-sent events
 * - `POST /batch`: many calls, as JSON, server-sent events or NDJSON; `GET /batch/:id` goes on with a stream that was lost
 * - `POST /v1/chat/completions`, `GET /v1/models`: the same agents for any client of OpenAI's API
 * - `GET /health`, `GET /metrics`
 * - `GET /dashboard`, if it is switched on: what happens, live, for people
 *
 * Clients that go away end their calls. Deno's own server over HTTP/1.1 does not tell of them before an answer begins, unless the request was
 * a small one: a plain call then runs to its end, or to `limits.deadline`; streams and batches begin at once.
 *
 * It is closed unless opened: without `auth` only the developer at the machine itself is let in.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type.
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
 *   provider: scripted("positive"), // leave it out to ask the real model
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
  const doing = "make the routes";
  checkRouteOptions(doing, options);
  const { agents, limits, heartbeat = 15_000, info = {}, onError = logged } = options;
  const service = new Service(agents, limits, heartbeat);

  const identify = createIdentify(options.auth);

  const app = new Hono<Env>();
  app.use(assignRequestId);
  // Before the headers of all, so that it has the last word.
  if (options.dashboard) app.use("/dashboard/*", dashboardHeaders);
  app.use(setSecurityHeaders(options));
  if (options.cors !== undefined) app.use(allowCrossOrigin(options.cors));
  app.use("/v1/*", async (c, next) => {
    c.set("openai", true);
    await next();
  });
  app.use((_, next) => {
    service.batches.sweep();
    return next();
  });

  const mayBeOpen = {
    health: ["/health", healthRoute(service)],
    metrics: ["/metrics", metricsRoute(service)],
    openapi: ["/openapi.json", openapiRoute(service, info)],
  } as const;
  // What stands before the guard is open.
  for (const name of options.open ?? []) {
    const [path, handler] = mayBeOpen[name];
    app.get(path, handler);
  }
  if (options.dashboard) {
    const own = options.dashboard === true ? {} : options.dashboard;
    const { auth } = options;
    app.route("/dashboard", dashboardRoutes({ service, identify, auth, options: own }));
  }
  app.use(requirePrincipal(identify));
  for (const [path, handler] of Object.values(mayBeOpen)) route(app, "GET", path, handler);

  route(app, "GET", "/", listRoute(service));
  route(app, "GET", "/v1/models", modelsRoute(service));
  route(app, "GET", "/v1/models/:id", modelRoute(service));
  route(app, "POST", "/v1/chat/completions", chatRoute(service));
  route(app, "POST", "/batch", batchRoute(service));
  route(app, "GET", "/batch/:id", resumeRoute(service));
  // Whatever the method is, there is nothing at the name of nobody.
  const known = (c: Context<Env>) => void service.getAgent(c.req.param("name"));
  route(app, "POST", "/:name", callRoute(service), known);
  route(app, "POST", "/:name/stream", streamRoute(service), known);
  app.all("*", () => {
    throw new Problem(404, "not_found", "There is nothing here: GET / lists the agents");
  });

  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.code === "internal") {
      const { method, path } = c.req;
      const request = { id: c.get("requestId"), method, path };
      try {
        onError(problem.cause ?? error, request);
      } catch (thrown) {
        // The client is answered all the same.
        logged(thrown, request);
      }
    }
    return problemResponse(c, problem, c.get("openai") ? { error: toOpenAIError(problem) } : {});
  });
  // What the routes hand each other is nobody else's business.
  return Object.assign(app as unknown as HonoApp, {
    async shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
      checkOptions("shut the routes down", options, { grace: milliseconds });
      return await service.shutdown(options.grace ?? DEFAULT_GRACE);
    },
  });
}

/** A route; another method at the same place, if `check` finds that there is one, is told which one there is. */
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
    throw new Problem(405, "method_not_allowed", `This is for ${method}`, {
      headers: { allow: method === "GET" ? "GET, HEAD" : method },
    });
  });
}

/** What an error says may be a prompt or a key: that is for `onError`. */
function logged(
  error: unknown,
  { id, method, path }: { id: string; method: string; path: string },
): void {
  const kind = error instanceof Error ? error.name : typeof error;
  console.error(`Cannot answer ${method} ${path} (${id}) as there was a ${kind}: see \`onError\``);
}
