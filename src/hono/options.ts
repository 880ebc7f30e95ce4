import { type Callable, isCallable } from "../call/options/callable.ts";
import {
  callback,
  checkOptions,
  oneOf,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import { type AuthOptions, authRule } from "./auth.ts";
import { type RouteLimits, routeLimitsRule } from "./limits.ts";
import { type DashboardOptions, dashboardRule, principalsRule } from "./dashboard/options.ts";
import { type OpenAIRoutesOptions, openaiRule } from "./openai/options.ts";
import type { ServiceInfo } from "./openapi/openapi_document.ts";

/** Options of `agentRoutes`. */
export interface AgentRoutesOptions {
  /** The agents and workflows to serve, each at the route of its name: at least one. */
  readonly agents: readonly Callable[];
  /**
   * How callers are authenticated: `{ tokens }`, or a function that returns the caller of a
   * request. `"one-time-token"` is for development: it creates a token, prints it to the error
   * stream, and has it in `oneTimeToken` of the routes. It is valid until the process ends.
   *
   * @default No caller has access, also not on this machine
   */
  readonly auth?: AuthOptions;
  /**
   * The limits for each request, for each caller, and in total.
   *
   * @default The defaults of {@linkcode RouteLimits}
   */
  readonly limits?: RouteLimits;
  /**
   * The routes that need no authentication. `/metrics` then shows the figures of all callers.
   *
   * @default {[]}
   */
  readonly open?: readonly OpenRoute[];
  /**
   * Serves `GET /dashboard`: live figures in a browser, for all authenticated callers. People sign
   * in with a token, unless `auth` is a function that recognizes them by their request. It shows no
   * prompts and no answers, except the answer to a call that is made on its page.
   *
   * @default {false}
   */
  readonly dashboard?: boolean | DashboardOptions;
  /**
   * Whose figures `GET /metrics` shows.
   *
   * @default Each caller gets its own figures
   */
  readonly metrics?: MetricsOptions;
  /**
   * The routes for clients of OpenAI's API, and what these may change. `false` switches them off.
   *
   * @default {true}
   */
  readonly openai?: boolean | OpenAIRoutesOptions;
  /**
   * Which pages of other origins may call. With `"*"`, their requests must not have a cookie.
   *
   * @default None
   */
  readonly cors?: CorsOptions;
  /**
   * How long a stream may be silent, in milliseconds above 0. Then a comment is sent, so that
   * proxies keep the connection open. The response of a stream begins with its first event, or with
   * the first heartbeat: until then, a call that fails gets the status of its error.
   *
   * @default {15_000}
   */
  readonly heartbeat?: number;
  /**
   * Title, version and description of the service in the OpenAPI document.
   *
   * @default The defaults of {@linkcode ServiceInfo}
   */
  readonly info?: ServiceInfo;
  /**
   * Called for each internal error, such as an agent without a model or an `auth` that throws, and
   * for each failure of the code of an agent: of a prompt function, a tool, a hook, a schema, a
   * `run` and the like. Such a failure is an `AgentError` with what was thrown as its `cause`, also
   * if the call has survived it, as that of a tool. Clients receive neither. Calls that fail for
   * other reasons are not reported. The error may contain prompts or keys: log it with care.
   *
   * @default Logs the request, the name of the error and its place in the code to the console, but
   * not its message
   */
  readonly onError?: (error: unknown, request: FailedRequest) => void;
}

/** A route that can be served without authentication. */
export type OpenRoute = "health" | "metrics" | "openapi";

/** Who may see the metrics of all callers. */
export interface MetricsOptions {
  /**
   * The IDs of the principals who get the figures of all callers: usually that of the token that
   * Prometheus has.
   *
   * @default None: each principal gets its own
   */
  readonly principals?: readonly string[];
}

/** The request in which the server's own code failed. */
export interface FailedRequest {
  /** Its ID, as in the `x-request-id` header of the response. */
  readonly id: string;
  /** Its method. */
  readonly method: string;
  /** Its path. */
  readonly path: string;
}

/** Which pages of other origins may call. */
export interface CorsOptions {
  /** The origins, such as `https://app.example`; `"*"` allows all. */
  readonly origin: string | readonly string[];
}

/** Names of other routes, which agents must not have. */
const RESERVED_NAMES = ["batch", "health", "metrics", "openapi.json", "v1", "dashboard"];

const agentsRule: Rule = (doing, name, value) => {
  if (!Array.isArray(value) || value.length === 0) {
    refuse(doing, name, "a list of at least one agent or workflow", value);
  }
  const names = new Set<string>();
  for (const [i, agent] of value.entries()) {
    if (!isCallable(agent)) refuse(doing, `${name}[${i}]`, "an agent or a workflow", agent);
    if (RESERVED_NAMES.includes(agent.name)) {
      throw new TypeError(
        `Cannot ${doing} as "${agent.name}" is the name of a route: ` +
          "rename the agent by with({ name })",
      );
    }
    // URLs resolve dots as folders, and lone surrogates cannot be encoded.
    if (/^\.{1,2}$|\p{Surrogate}/u.test(agent.name)) {
      throw new TypeError(
        `Cannot ${doing} as "${agent.name}" cannot be part of a URL: ` +
          "rename the agent by with({ name })",
      );
    }
    if (names.has(agent.name)) {
      throw new TypeError(`Cannot ${doing} as there are two agents named "${agent.name}"`);
    }
    names.add(agent.name);
  }
};

const listOf = (rule: Rule): Rule => (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list", value);
  for (const [i, one] of value.entries()) rule(doing, `${name}[${i}]`, one);
};

const originRule: Rule = (doing, name, value) =>
  Array.isArray(value) ? listOf(text)(doing, name, value) : text(doing, name, value);

const METRICS_RULES: RulesFor<MetricsOptions> = { principals: principalsRule };

const CORS_RULES: RulesFor<CorsOptions> = { origin: originRule };

const INFO_RULES: RulesFor<ServiceInfo> = { title: text, version: text, description: text };

const ROUTES_RULES: RulesFor<AgentRoutesOptions> = {
  agents: agentsRule,
  auth: authRule,
  limits: routeLimitsRule,
  open: listOf(oneOf("health", "metrics", "openapi")),
  dashboard: dashboardRule,
  metrics: (doing, name, value) => checkOptions(`${doing}: ${name}`, value, METRICS_RULES),
  openai: openaiRule,
  cors(doing, name, value) {
    checkOptions(`${doing}: ${name}`, value, CORS_RULES);
    originRule(doing, `${name}.origin`, (value as CorsOptions).origin);
  },
  heartbeat: positiveMs,
  info: (doing, name, value) => checkOptions(`${doing}: ${name}`, value, INFO_RULES),
  onError: callback,
};

/**
 * Checks the options.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function checkRouteOptions(doing: string, options: AgentRoutesOptions): void {
  if (options === undefined) refuse(doing, "its options", "an object", options);
  checkOptions(doing, options, ROUTES_RULES);
  agentsRule(doing, "agents", options.agents);
}
