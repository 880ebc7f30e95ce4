/**
 * Serves agents and workflows over HTTP as a Hono app: calls, server-sent events, batches, an
 * OpenAPI document, and an API compatible with OpenAI's.
 *
 * @example
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { agentRoutes } from "@shoal/agents/hono";
 * import { Hono } from "hono";
 *
 * const Sentiment = defineAgent({
 *   name: "sentiment",
 *   model: "gpt-5-mini",
 *   prompt: "Label the sentiment: {input}",
 * });
 * const agents = agentRoutes({ agents: [Sentiment], auth: { tokens: ["a-long-random-text"] } });
 * const app = new Hono().route("/agents", agents);
 * export default { fetch: app.fetch }; // for `deno serve` and Bun; on Node use @hono/node-server
 * ```
 *
 * @module
 */
export { agentRoutes } from "./agent_routes.ts";
export type { AgentRoutes, HonoApp, ShutdownOptions } from "./agent_routes.ts";
export type { Authenticate, AuthOptions, Principal, Token, TokenAuth } from "./auth.ts";
export type { PrincipalLimits, RenewedBudget, RouteLimits } from "./limits.ts";
export type { DashboardOptions } from "./dashboard/options.ts";
export type { PublicError } from "./public_error.ts";
export type { ServiceInfo } from "./openapi/openapi_document.ts";
export type {
  AgentRoutesOptions,
  CorsOptions,
  FailedRequest,
  MetricsOptions,
  OpenRoute,
} from "./options.ts";
export type { OpenAIOverride, OpenAIRoutesOptions } from "./openai/options.ts";
export type { ProblemCode, ProblemDetails } from "./problem.ts";
export type { PublicResult } from "./public_result.ts";
export type { ShutdownReport } from "./service.ts";
