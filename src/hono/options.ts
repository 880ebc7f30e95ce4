import { type Callable, isCallable } from "../call/options/callable.ts";
import {
  callback,
  checkOptions,
  oneOf,
  positiveMs,
  refuse,
  type Rule,
  type Rules,
  text,
} from "../model/check_options.ts";
import { type AuthOptions, authRule } from "./auth.ts";
import { type RouteLimits, routeLimitsRule } from "./limits.ts";
import { type DashboardOptions, dashboardRule } from "./dashboard/options.ts";
import type { ServiceInfo } from "./openapi/openapi_document.ts";

/** What routes are made of. */
export interface AgentRoutesOptions {
  /** Who can be called: agents and workflows. Their names are their routes. */
  readonly agents: readonly Callable[];
  /**
   * Who may call. Without it nobody may, except the developer at the machine itself: from loopback, addressed to loopback, not
   * forwarded, and only where neither `NODE_ENV` nor `DENO_ENV` is `production` and it is not Deno Deploy.
   */
  readonly auth?: AuthOptions;
  /** How much is let through. */
  readonly limits?: RouteLimits;
  /**
   * What anybody may read without `auth`.
   *
   * @default {[]}
   */
  readonly open?: readonly OpenRoute[];
  /**
   * Serves `GET /dashboard`: what happens, live, in a browser, to whoever may call. People sign in with a token, unless `auth` is a
   * function that knows them by their request. No prompt and no answer is shown, except to whom calls an agent there.
   *
   * @default {false}
   */
  readonly dashboard?: boolean | DashboardOptions;
  /** Which pages of other origins may call. Off unless it is set. */
  readonly cors?: CorsOptions;
  /**
   * How long a stream may be silent, in milliseconds: then a comment is sent, so that proxies do not close it.
   *
   * @default {15_000}
   */
  readonly heartbeat?: number;
  /** What the OpenAPI document says of the service. */
  readonly info?: ServiceInfo;
  /**
   * Told of each fault of the server, such as an agent without a model or an `auth` that throws; what fails in a call is a result, and not
   * told here. The error may hold anything: it is yours to log.
   *
   * @default Writes the id of the request and the kind of the error to the console, and nothing of what it says
   */
  readonly onError?: (error: unknown, request: FailedRequest) => void;
}

/** A route that can be open to anybody. */
export type OpenRoute = "health" | "metrics" | "openapi";

/** Which request it was that could not be answered. */
export interface FailedRequest {
  /** Its id, as the client was told it. */
  readonly id: string;
  /** Its method. */
  readonly method: string;
  /** Its path. */
  readonly path: string;
}

/** Which pages of other origins may call. */
export interface CorsOptions {
  /** Their origins, such as `https://app.example`; `"*"` for all. */
  readonly origin: string | readonly string[];
}

/** Routes of their own: an agent of that name could not be told from them. */
const TAKEN = ["batch", "health", "metrics", "openapi.json", "v1", "dashboard"];

const agents: Rule = (doing, name, value) => {
  if (!Array.isArray(value) || value.length === 0) {
    refuse(doing, name, "a list of agents and workflows, at least one", value);
  }
  const names = new Set<string>();
  for (const [i, agent] of value.entries()) {
    if (!isCallable(agent)) refuse(doing, `${name}[${i}]`, "an agent or a workflow", agent);
    if (TAKEN.includes(agent.name)) {
      throw new TypeError(
        `Cannot ${doing} as "${agent.name}" is a route already: rename the agent by with({ name })`,
      );
    }
    // Browsers and servers take dots for folders, and what is half of a letter cannot be encoded.
    if (/^\.{1,2}$|\p{Surrogate}/u.test(agent.name)) {
      throw new TypeError(
        `Cannot ${doing} as no address leads to "${agent.name}": rename the agent by with({ name })`,
      );
    }
    if (names.has(agent.name)) {
      throw new TypeError(`Cannot ${doing} as there are two agents named "${agent.name}"`);
    }
    names.add(agent.name);
  }
};

const list = (rule: Rule): Rule => (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "a list", value);
  for (const [i, one] of value.entries()) rule(doing, `${name}[${i}]`, one);
};

const RULES: Rules = {
  agents,
  authRule,
  limits: routeLimitsRule,
  open: list(oneOf("health", "metrics", "openapi")),
  dashboard: dashboardRule,
  cors(doing, name, value) {
    const origin: Rule = (doing, name, value) =>
      Array.isArray(value) ? list(text)(doing, name, value) : text(doing, name, value);
    checkOptions(`${doing}: ${name}`, value, { origin });
    origin(doing, `${name}.origin`, (value as CorsOptions).origin);
  },
  heartbeat: positiveMs,
  info: (doing, name, value) =>
    checkOptions(`${doing}: ${name}`, value, { title: text, version: text, description: text }),
  onError: callback,
};

/** Refuses what cannot be meant. */
export function checkRouteOptions(doing: string, options: AgentRoutesOptions): void {
  if (options === undefined) refuse(doing, "its options", "an object", options);
  checkOptions(doing, options, RULES);
  agents(doing, "agents", options.agents);
}
