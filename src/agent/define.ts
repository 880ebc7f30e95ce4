import {
  callback,
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  type Rules,
  text,
} from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Agent } from "./agent.ts";
import { templateSchema } from "./as_tool.ts";
import { createModelAgent, type ModelAgent } from "../call/options/model_agent.ts";
import { DefinedModel, DefinedRun } from "./defined.ts";
import {
  type AgentBase,
  type ModelAgentOptions,
  OVERRIDE_RULES,
  RUN_OVERRIDE_RULES,
} from "../call/options/options.ts";
import { type InferInput, inputOf } from "../output/input.ts";
import { type InferOutput, outputOf } from "../output/output.ts";
import type { Schema, StandardSchema } from "../output/standard_schema.ts";
import type { Prompt } from "../call/options/prompt_parts.ts";
import type { RunAgent, RunContext } from "./run_agent.ts";
import type { TimeoutOptions } from "../call/options/timeouts.ts";
import { toolsOf } from "../call/options/tool.ts";
import { parseTemplate, type TemplateParams } from "../call/options/template.ts";

/** An agent whose prompt is a template: its placeholders become the parameters. */
export interface TemplateAgentOptions<
  Template extends string = string,
  S extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
> extends ModelAgentOptions {
  /**
   * The user's message. `{name}` stands for the parameter `name`; `{{` and its `}}` stand for literal braces, and other
   * braces for themselves. Values are put in word for word.
   */
  readonly prompt: Template;
  /** A schema: the answer is JSON that fits it, and has its type. */
  readonly output?: S;
  /**
   * A schema that checks the parameters of each call; what fails it is not sent (`invalid_params`). The template gets what the schema makes
   * of them. Of a JSON Schema only the root is checked: the type, and what must be there.
   */
  readonly params?: P;
}

/** An agent whose prompt is made by a function of the parameters. */
export interface PromptAgentOptions<
  Params = unknown,
  S extends Schema | undefined = undefined,
  P extends Schema = JsonSchema,
> extends ModelAgentOptions {
  /** Makes the user's message, or several messages, from the parameters. */
  readonly prompt: (params: Params) => Prompt | Promise<Prompt>;
  /** A schema: the answer is JSON that fits it, and has its type. */
  readonly output?: S;
  /**
   * A schema that checks the parameters of each call; what fails it is not sent (`invalid_params`). The function gets what the schema makes
   * of them. Of a JSON Schema only the root is checked: the type, and what must be there.
   */
  readonly params?: P;
}

/** An agent made of other agents. */
export interface RunAgentOptions<
  Params = unknown,
  Content = unknown,
  P extends Schema = JsonSchema,
> extends AgentBase {
  /** What it does: any function, async or not. Calls inside it count as its own. */
  readonly run: (params: Params, ctx: RunContext) => Content | Promise<Content>;
  /** The time the whole may take, in milliseconds. */
  readonly timeout?: number | TimeoutOptions;
  /**
   * A schema that checks the parameters of each call; what fails it is not run (`invalid_params`). The function gets what the schema makes
   * of them. Of a JSON Schema only the root is checked: the type, and what must be there.
   */
  readonly params?: P;
}

/** What `call` takes where a schema may check it. */
export type CheckedParams<P extends Schema | undefined, Unchecked> = P extends StandardSchema
  ? InferInput<P>
  : Unchecked;

const schema: Rule = (doing, name, value) => {
  if (!isRecord(value) && typeof value !== "function") {
    refuse(doing, name, "a Standard Schema or a JSON Schema", value);
  }
};

const MODEL_RULES: Rules = {
  ...OVERRIDE_RULES,
  prompt: (doing, name, value) => {
    if (typeof value !== "string" && typeof value !== "function") {
      refuse(doing, name, "a template or a function", value);
    }
  },
  output: schema,
  params: schema,
};
const RUN_RULES: Rules = {
  ...RUN_OVERRIDE_RULES,
  run: callback,
  params: schema,
};

/**
 * Defines an agent: a name, a model and either a `prompt` or a `run` function.
 *
 * The placeholders of a template become the parameters of `call`, checked by the compiler. With an `output` schema the
 * answer has its type; without one it is text.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A prompt template
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Sentiment = defineAgent({
 *   name: "sentiment",
 *   model: "gpt-5-mini",
 *   system: "You label product reviews as positive or negative.",
 *   prompt: "Review: {input}",
 *   provider: scripted("positive"), // leave it out to ask the real model
 * });
 * const { content } = await Sentiment.call({ input: "I love this!" });
 * console.log(content); // positive
 * ```
 *
 * @example An agent made of others
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("a text");
 * const Draft = defineAgent({ name: "draft", model: "m", prompt: "Write on {topic}", provider });
 * const Polish = defineAgent({ name: "polish", model: "m", prompt: "Polish: {draft}", provider });
 * const Article = defineAgent({
 *   name: "article",
 *   run: async ({ topic }: { topic: string }) => {
 *     const draft = await Draft.call({ topic });
 *     return (await Polish.call({ draft: draft.content })).content;
 *   },
 * });
 * const result = await Article.call({ topic: "fish" });
 * console.log(result.content, result.attempts.length); // a text 2
 * ```
 */
export function defineAgent<
  const Template extends string,
  S extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
>(
  options: TemplateAgentOptions<Template, S, P>,
): Agent<CheckedParams<P, TemplateParams<Template>>, InferOutput<S>>;
/** Defines an agent whose prompt is made by a function. */
export function defineAgent<Params, S extends Schema | undefined = undefined>(
  options: PromptAgentOptions<Params, S>,
): Agent<Params, InferOutput<S>>;
/** Defines an agent made of other agents. */
export function defineAgent<Params, Content>(
  options: RunAgentOptions<Params, Content>,
): Agent<Params, Content>;
/** Defines an agent whose prompt is made by a function of parameters that a schema has checked. */
export function defineAgent<P extends StandardSchema, S extends Schema | undefined = undefined>(
  options: PromptAgentOptions<InferOutput<P>, S, P> & { readonly params: P },
): Agent<InferInput<P>, InferOutput<S>>;
/** Defines an agent made of other agents, whose parameters a schema has checked. */
export function defineAgent<P extends StandardSchema, Content>(
  options: RunAgentOptions<InferOutput<P>, Content, P> & { readonly params: P },
): Agent<InferInput<P>, Content>;
export function defineAgent(
  options: TemplateAgentOptions | PromptAgentOptions<never> | RunAgentOptions<never>,
): Agent<never, unknown> {
  if (!isRecord(options)) refuse("define an agent", "its options", "an object", options);
  const { name } = options;
  text("define an agent", "name", name);
  const doing = `define the agent "${name}"`;
  const { run, prompt, params, ...others } = options as Record<string, unknown>;
  const input = () => params === undefined ? undefined : inputOf(doing, "params", params as Schema);
  if (run !== undefined) {
    if (prompt !== undefined) {
      throw new TypeError(`Cannot ${doing} as it has both a prompt and a run: give it one of them`);
    }
    checkOptions(doing, { run, params, ...others }, RUN_RULES);
    return new DefinedRun({ ...others, name, run: run as RunAgent["run"], input: input() });
  }
  if (prompt === undefined) {
    throw new TypeError(`Cannot ${doing} as it has neither a prompt nor a run`);
  }
  checkOptions(doing, { prompt, params, ...others }, MODEL_RULES);
  const { output, tools, ...settings } = others as Omit<
    PromptAgentOptions<unknown, Schema>,
    "prompt"
  >;
  const template = typeof prompt === "string" ? parseTemplate(prompt) : undefined;
  const checks = input();
  const agent = createModelAgent(doing, {
    ...settings,
    prompt,
    render: template?.render ?? prompt as ModelAgent["render"],
    input: checks,
    paramsSchema: () => checks?.json() ?? (template && templateSchema(template.names)),
    output: output === undefined ? undefined : outputOf(name, output),
    tools: toolsOf(tools),
  });
  return new DefinedModel(agent);
}
