import { causeMessage } from "../model/cause_message.ts";
import { mergedSchema } from "../agent/as_tool.ts";
import {
  type Callable,
  type ContentOf,
  isCallable,
  type ParamsOf,
} from "../call/options/callable.ts";
import {
  anything,
  callback,
  checkOptions,
  isRecord,
  refuse,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import {
  Sequence,
  SEQUENCE_RULES,
  type SequenceFailure,
  type SequenceOptions,
  type SequenceSuccess,
  type SequenceWorkflow,
} from "./sequence.ts";
import type { AgentOf, WithoutOthers } from "./workflow.ts";

/** A target of a router: an agent that takes the router's parameters, or one with its own. */
export type Target = Callable | Route;

/** A target of a router with its own parameters. */
export interface Route<A extends Callable = Callable, Params = never> {
  /** The agent or workflow that is called. */
  readonly agent: A;
  /**
   * Returns the parameters of the agent from those of the router. If it throws, the call fails
   * with the code `tool`.
   */
  readonly params: (params: Params) => ParamsOf<A>;
}

/**
 * The parameters that a target takes from those of the router.
 *
 * @internal
 */
export type TargetParams<T> = T extends { readonly params: (params: infer P) => unknown } ? P
  : ParamsOf<AgentOf<T>>;

/**
 * The type that a target must have besides its own. It makes the compiler report unknown options
 * and wrong `params` at their place, as in `CheckedBranch`.
 *
 * @internal
 */
export type CheckedTarget<T> = T extends Callable ? T
  : T extends { readonly agent: infer A extends Callable } ? Route<A> & WithoutOthers<T, Route>
  : Target;

/**
 * The parameters of a router: those of `by` and of all targets together.
 *
 * @internal
 */
export type RouterParams<T> =
  (T extends unknown ? (params: TargetParams<T>) => void : never) extends (params: infer P) => void
    ? P
    : never;

/** A router whose target succeeded. */
export interface RouterSuccess<Content = unknown> extends SequenceSuccess<Content> {
  /** The name of the route that was taken, or `default`. */
  readonly route: string;
}

/**
 * The result of a router: a union on `ok`. After a failure, `route` is absent if none was chosen.
 */
export type RouterResult<Content = unknown> = RouterSuccess<Content> | SequenceFailure;

/** A workflow that calls one agent to choose the next one. Created by {@linkcode defineRouter}. */
export type Router<Params = unknown, Content = unknown> = SequenceWorkflow<
  Params,
  Content,
  RouterResult<Content>
>;

/** Options of a router. */
export interface RouterOptions<
  By = Target,
  Routes = Readonly<Record<string, Target>>,
  Default = Target | undefined,
> extends SequenceOptions {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /**
   * The agent that chooses: its content is the name of a route. With an `output` enum of the
   * names, the compiler reports a missing route.
   */
  readonly by: By & CheckedTarget<By>;
  /** The agents or workflows to choose from, by name, or `{ agent, params }`. */
  readonly routes:
    & Routes
    & { readonly [Name in keyof Routes]: CheckedTarget<Routes[Name]> }
    & MissingRoutes<By, Routes, Default>;
  /**
   * The target if the answer names no route.
   *
   * @default None: the call fails with the code `invalid_output`
   */
  readonly default?: Default & CheckedTarget<Default>;
  /**
   * Returns the name of the route from the content of `by`, if the content is not the name itself.
   * If it throws, the call fails with the code `tool`.
   *
   * @default The content, as text
   */
  readonly pick?: (content: ContentOf<AgentOf<By>>) => string;
}

/**
 * The routes that `by` may name and that are not defined. They are required unless there is a
 * `default`.
 *
 * @internal
 */
export type MissingRoutes<By, Routes, Default> = Default extends Target ? unknown
  : string extends ContentOf<AgentOf<By>> ? unknown
  : { readonly [Name in Exclude<Extract<ContentOf<AgentOf<By>>, string>, keyof Routes>]: Target };

const ROUTE_RULES: RulesFor<Route> = { agent: anything, params: callback };

const target = (doing: string, name: string, value: unknown): void => {
  if (isCallable(value)) return;
  if (!isRecord(value) || !isCallable(value.agent)) {
    refuse(doing, name, "an agent or { agent, params }", value);
  }
  checkOptions(`${doing}: ${name}`, value, ROUTE_RULES);
  callback(doing, `${name}.params`, value.params);
};

const RULES: RulesFor<RouterOptions> = {
  ...SEQUENCE_RULES,
  by: target,
  routes(doing, name, value) {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      refuse(doing, name, "an object with at least one agent", value);
    }
    for (const [key, one] of Object.entries(value)) target(doing, `the route "${key}"`, one);
  },
  default: target,
  pick: callback,
};

/**
 * Defines a workflow that calls one agent to choose the next one, and then calls that.
 *
 * Case and punctuation around the name do not matter: "Billing." is the route `billing`. Both
 * agents receive the parameters of the call.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 *
 * @example
 * ```ts
 * import { defineAgent, defineRouter } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 * import { z } from "zod";
 *
 * const base = { model: "gpt-5-mini", prompt: "{question}" };
 * const Desk = defineRouter({
 *   name: "desk",
 *   by: defineAgent({
 *     ...base,
 *     name: "topic",
 *     output: z.enum(["billing", "tech"]),
 *     provider: scripted('"billing"'), // leave it out to use the real model
 *   }),
 *   routes: {
 *     billing: defineAgent({ ...base, name: "billing", provider: scripted("Paid.") }),
 *     tech: defineAgent({ ...base, name: "tech", provider: scripted("Reboot.") }),
 *   },
 * });
 * const result = await Desk.call({ question: "Where is my invoice?" });
 * console.log(result.route, result.content); // billing Paid.
 * ```
 */
export function defineRouter<
  By extends Target,
  Routes extends Readonly<Record<string, Target>>,
  Default extends Target | undefined = undefined,
>(
  options: RouterOptions<By, Routes, Default>,
): Router<
  RouterParams<By | Routes[keyof Routes] | NonNullable<Default>>,
  ContentOf<AgentOf<Routes[keyof Routes] | NonNullable<Default>>>
> {
  return define(options as RouterOptions) as ReturnType<typeof defineRouter<By, Routes, Default>>;
}

function define(options: RouterOptions): Router {
  if (!isRecord(options)) refuse("define a router", "its options", "an object", options);
  text("define a router", "name", options.name);
  const doing = `define the router "${options.name}"`;
  checkOptions(doing, options, RULES);
  const { name, by, routes, default: fallback, pick, ...others } = options as RouterOptions;
  target(doing, "by", by);
  RULES.routes!(doing, "routes", routes);
  const all = [by, ...Object.values(routes), ...fallback === undefined ? [] : [fallback]];
  return new Sequence({
    name,
    options: others,
    definition: { by, routes, default: fallback, pick },
    paramsSchema: () =>
      mergedSchema(all.map((one) => isCallable(one) ? one.paramsSchema?.() : undefined)),
    async run(params, step, extra, trace) {
      const callTarget = (target: Target): Promise<unknown> =>
        isCallable(target)
          ? step(target, () => params)
          : step(target.agent, () => target.params(params as never));
      const content = await callTarget(by);
      let answer: unknown = content;
      try {
        if (pick !== undefined) answer = pick(content as never);
      } catch (cause) {
        throw trace.make(
          `Cannot finish the workflow "${name}" as its pick threw: ${causeMessage(cause)}`,
          {
            code: "tool",
            cause,
          },
        );
      }
      const key = findRoute(answer, Object.keys(routes));
      const chosen = key === undefined ? fallback : routes[key];
      if (chosen === undefined) {
        const known = `its routes, which are: ${Object.keys(routes).join(", ")}`;
        throw trace.make(
          `Cannot finish the workflow "${name}" as the answer names none of ${known}`,
          { code: "invalid_output", text: String(answer) },
        );
      }
      extra.route = key ?? "default";
      return await callTarget(chosen);
    },
  }) as Router;
}

/** Returns the route that an answer names: models write "Billing." for `billing`. */
function findRoute(answer: unknown, keys: readonly string[]): string | undefined {
  const text = String(answer);
  const word = normalize(text);
  return keys.find((key) => key === text) ??
    keys.find((key) => word !== "" && normalize(key) === word);
}

function normalize(text: string): string {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").toLowerCase();
}
