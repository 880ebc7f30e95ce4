import { messageOf } from "../model/errors.ts";
import { mergedSchema } from "../agent/as_tool.ts";
import {
  type Callable,
  type ContentOf,
  isCallable,
  type ParamsOf,
} from "../call/options/callable.ts";
import {
  callback,
  checkOptions,
  isRecord,
  refuse,
  type Rules,
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
import type { AgentOf } from "./workflow.ts";

/** Where a call may go: to an agent that takes the same parameters, or to one with a function that makes its own. */
export type Target = Callable | {
  /** Who is called. */
  readonly agent: Callable;
  /** Makes its parameters; what it throws fails the call with the code `invalid_params`. */
  readonly params: (params: never) => unknown;
};

/** The parameters of a target, as the route is given them. */
export type TargetParams<T> = T extends { readonly params: (params: infer P) => unknown } ? P
  : ParamsOf<AgentOf<T>>;

/** The parameters that a route needs: those of who classifies and of all targets together. */
export type RouterParams<T> =
  (T extends unknown ? (params: TargetParams<T>) => void : never) extends (params: infer P) => void
    ? P
    : never;

/** A router whose target succeeded. */
export interface RouterSuccess<Content = unknown> extends SequenceSuccess<Content> {
  /** The name of the route that was taken, or `default`. */
  readonly route: string;
}

/** How a router ended: a union on `ok`. On failure `route` is absent if none was chosen. */
export type RouterResult<Content = unknown> = RouterSuccess<Content> | SequenceFailure;

/** One call that decides, and one to whom it decides for. It can stand in a batch and in another workflow. */
export type Router<Params = unknown, Content = unknown> = SequenceWorkflow<
  Params,
  Content,
  RouterResult<Content>
>;

/** What a route is made of. */
export interface RouterOptions<
  By extends Target = Target,
  Routes extends Readonly<Record<string, Target>> = Readonly<Record<string, Target>>,
  Default extends Target | undefined = Target | undefined,
> extends SequenceOptions {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** Who decides: it answers with the name of a route. Give it an `output` with these names, and the compiler sees that none is missing. */
  readonly by: By;
  /** Who may be called, by name. */
  readonly routes: Routes;
  /** Who is called when the answer names no route. Without it, the call then fails with the code `invalid_output`. */
  readonly default?: Default;
  /** Finds the name in what `by` answers, where it is no text. */
  readonly pick?: (content: ContentOf<AgentOf<By>>) => string;
}

/** Asks for a `default` where `by` may answer with a name that is no route. */
export type CompleteRoutes<By, Routes, Default> = Default extends Target ? unknown
  : string extends ContentOf<AgentOf<By>> ? unknown
  : [Exclude<Extract<ContentOf<AgentOf<By>>, string>, keyof Routes>] extends [never] ? unknown
  : { readonly default: Target };

const target = (doing: string, name: string, value: unknown): void => {
  if (isCallable(value)) return;
  if (!isRecord(value) || !isCallable(value.agent)) {
    refuse(doing, name, "an agent or { agent, params }", value);
  }
  checkOptions(`${doing}: ${name}`, value, { agent: () => {}, params: callback });
  callback(doing, `${name}.params`, value.params);
};

const RULES: Rules = {
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
 * Asks one agent where a call belongs, and then calls the one it names.
 *
 * The name is found also where the answer writes it in other letters or with a full stop behind. Both agents get the parameters of the call.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type.
 *
 * @example
 * ```ts
 * import { defineAgent, defineRouter } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 * import { z } from "zod";
 *
 * const model = "gpt-5-mini";
 * const Desk = defineRouter({
 *   name: "desk",
 *   by: defineAgent({
 *     name: "topic",
 *     model,
 *     prompt: "What is this about? {question}",
 *     output: z.enum(["billing", "tech"]),
 *     provider: scripted('"billing"'), // leave it out to ask the real model
 *   }),
 *   routes: {
 *     billing: defineAgent({ name: "billing", model, prompt: "{question}", provider: scripted("Paid.") }),
 *     tech: defineAgent({ name: "tech", model, prompt: "{question}", provider: scripted("Reboot.") }),
 *   },
 * });
 * const result = await Desk.call({ question: "Where is my invoice?" });
 * console.log(result.route, result.content); // billing Paid.
 * ```
 */
export function defineRouter<
  const By extends Target,
  const Routes extends Readonly<Record<string, Target>>,
  const Default extends Target | undefined = undefined,
>(
  options: RouterOptions<By, Routes, Default> & CompleteRoutes<By, Routes, Default>,
): Router<
  RouterParams<By | Routes[keyof Routes] | NonNullable<Default>>,
  ContentOf<AgentOf<Routes[keyof Routes] | NonNullable<Default>>>
>;
export function defineRouter(options: RouterOptions): Router {
  if (!isRecord(options)) refuse("define a route", "its options", "an object", options);
  text("define a route", "name", options.name);
  const doing = `define the route "${options.name}"`;
  checkOptions(doing, options, RULES);
  const { name, by, routes, default: otherwise, pick, ...others } = options as RouterOptions;
  target(doing, "by", by);
  RULES.routes!(doing, "routes", routes);
  const all = [by, ...Object.values(routes), ...otherwise === undefined ? [] : [otherwise]];
  return new Sequence({
    name,
    options: others,
    definition: { by, routes, default: otherwise, pick },
    paramsSchema: () =>
      mergedSchema(all.map((one) => isCallable(one) ? one.paramsSchema?.() : undefined)),
    async run(params, step, told, trace) {
      const call = (to: Target): Promise<unknown> =>
        isCallable(to) ? step(to, () => params) : step(to.agent, () => to.params(params as never));
      const content = await call(by);
      let answer: unknown = content;
      try {
        if (pick !== undefined) answer = pick(content as never);
      } catch (cause) {
        throw trace.make(
          `Cannot finish the workflow "${name}" as its pick threw: ${messageOf(cause)}`,
          {
            code: "tool",
            cause,
          },
        );
      }
      const key = keyIn(answer, Object.keys(routes));
      const to = key === undefined ? otherwise : routes[key];
      if (to === undefined) {
        const names = Object.keys(routes).join(", ");
        throw trace.make(
          `Cannot finish the workflow "${name}" as the answer names none of its routes, which are: ${names}`,
          { code: "invalid_output", text: String(answer) },
        );
      }
      told.route = key ?? "default";
      return await call(to);
    },
  }) as Router;
}

/** The route that is meant: models write "Billing." for `billing`. */
function keyIn(answer: unknown, keys: readonly string[]): string | undefined {
  const said = String(answer);
  const word = plain(said);
  return keys.find((key) => key === said) ??
    keys.find((key) => word !== "" && plain(key) === word);
}

function plain(text: string): string {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").toLowerCase();
}
