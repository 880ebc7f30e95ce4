import {
  callback,
  checkOptions,
  isRecord,
  refuse,
  type Rule,
  type RulesFor,
  text,
} from "../model/check_options.ts";
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
import type { FromJsonSchemaOr } from "../output/infer_json_schema.ts";
import { type InferInput, prepareInput } from "../output/prepare_input.ts";
import { type InferOutput, prepareOutput, type Received } from "../output/prepare_output.ts";
import type { Schema, StandardSchema } from "../output/standard_schema.ts";
import type { Prompt } from "../call/options/prompt_parts.ts";
import type { RunAgent, RunContext } from "./run_agent.ts";
import type { TotalTimeout } from "../call/options/timeouts.ts";
import { toolsOf } from "../call/options/tool.ts";
import { parseTemplate, type TemplateParams } from "../call/options/template.ts";

/**
 * Options of an agent that calls a model: its prompt is a template or a function.
 *
 * Each placeholder of a template becomes a parameter of `call`. The parameters of a function are
 * those that it declares, or those of the `params` schema.
 */
export interface PromptAgentOptions<
  Template extends string | undefined = string | undefined,
  Params = never,
  S extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
> extends ModelAgentOptions {
  /**
   * The user's message: a template, or a function that returns a text or messages.
   *
   * In a template, `{name}` is replaced by the parameter `name`, whose value is inserted
   * literally. `{{` and its `}}` are literal braces; braces around anything that is not a name
   * stay unchanged.
   */
  readonly prompt:
    | NonNullable<Template>
    | ((params: Received<P, Params>) => Prompt | Promise<Prompt>);
  /** Always absent: an agent has a `prompt` or a `run` function. */
  readonly run?: undefined;
  /**
   * The schema of the answer. The model is asked for JSON that matches it; `content` has its type.
   * An answer in another form, such as JSON in a string or a bare choice of an enum, is read if
   * there is exactly one way to read it.
   *
   * @default None: the content is the text of the answer
   */
  readonly output?: S;
  /**
   * A schema that checks the parameters of each call. Nothing is sent if they do not match
   * (`invalid_params`). The prompt receives what the schema returns.
   *
   * @default None: a template checks that its parameters are there, a function gets what was passed
   */
  readonly params?: P;
}

/** Options of an agent whose `run` function calls other agents. */
export interface RunAgentOptions<
  Params = never,
  Content = unknown,
  P extends Schema | undefined = undefined,
> extends AgentBase {
  /** Does the work by calling other agents. Their usage counts towards this call. May be async. */
  readonly run: (
    params: Received<P, Params>,
    ctx: RunContext,
  ) => Content | Promise<Content>;
  /** Always absent: an agent has a `prompt` or a `run` function. */
  readonly prompt?: undefined;
  /**
   * The time limit of the whole call, in milliseconds, above 0.
   *
   * @default The total that `configure` sets, if any
   */
  readonly timeout?: TotalTimeout;
  /**
   * A schema that checks the parameters of each call. Nothing is run if they do not match
   * (`invalid_params`). The function receives what the schema returns.
   *
   * @default None: the function gets what was passed
   */
  readonly params?: P;
}

/**
 * The options of {@linkcode defineAgent}.
 *
 * One signature with a union instead of overloads: the compiler then picks the kind of agent by
 * `prompt` or `run` and reports a mistake at its property. `Template` is a text where the prompt
 * is a template, includes `undefined` where it is a function and is `never` where there is none.
 *
 * @internal
 */
export type AgentOptions<
  Template extends string | undefined,
  Params,
  S extends Schema | undefined,
  P extends Schema | undefined,
  Content,
> =
  & (PromptAgentOptions<Template, Params, S, P> | RunAgentOptions<Params, Content, P>)
  & ([Template] extends [never] ? unknown : EitherPromptOrRun);

/**
 * Leaves only the options with a prompt in the union, so that a `run` beside it is reported there.
 *
 * @internal
 */
export interface EitherPromptOrRun {
  /** Always absent. */
  readonly run?: undefined;
}

/**
 * The parameters that `call` takes: what the schema accepts, the placeholders of a template, or
 * the parameters of a function.
 *
 * @internal
 */
export type AgentParams<
  Template extends string | undefined,
  Params,
  P extends Schema | undefined,
> = P extends StandardSchema ? InferInput<P> : FromJsonSchemaOr<
  P,
  [Template] extends [never] ? Params
    : undefined extends Template ? Params
    : TemplateParams<NoInfer<NonNullable<Template>>>
>;

const schema: Rule = (doing, name, value) => {
  if (!isRecord(value) && typeof value !== "function") {
    refuse(doing, name, "a Standard Schema or a JSON Schema", value);
  }
};

const MODEL_RULES: RulesFor<Omit<PromptAgentOptions, "run">> = {
  ...OVERRIDE_RULES,
  prompt: (doing, name, value) => {
    if (typeof value !== "string" && typeof value !== "function") {
      refuse(doing, name, "a template or a function", value);
    }
  },
  output: schema,
  params: schema,
};
const RUN_RULES: RulesFor<Omit<RunAgentOptions, "prompt">> = {
  ...RUN_OVERRIDE_RULES,
  run: callback,
  params: schema,
};

/**
 * Defines an agent: a name, a model and either a `prompt` or a `run` function. The options are
 * {@linkcode PromptAgentOptions} or {@linkcode RunAgentOptions}.
 *
 * The placeholders of a template become the parameters of `call`, checked by the compiler. With an
 * `output` schema the content has its type; without one it is text.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
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
 * @example An agent that calls other agents
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
  const Template extends string | undefined = never,
  Params = unknown,
  S extends Schema | undefined = undefined,
  P extends Schema | undefined = undefined,
  Content = InferOutput<S>,
>(
  options: AgentOptions<Template, Params, S, P, Content>,
): Agent<AgentParams<Template, Params, P>, Content> {
  return define(options) as Agent<AgentParams<Template, Params, P>, Content>;
}

function define(options: unknown): Agent<never, unknown> {
  if (!isRecord(options)) refuse("define an agent", "its options", "an object", options);
  const name = options.name as string;
  text("define an agent", "name", name);
  const doing = `define the agent "${name}"`;
  const { run, prompt, params, ...others } = options;
  const prepare = () =>
    params === undefined ? undefined : prepareInput(doing, "params", params as Schema);
  if (run !== undefined) {
    if (prompt !== undefined) {
      throw new TypeError(`Cannot ${doing} as it has both a prompt and a run: give it one of them`);
    }
    checkOptions(doing, { run, params, ...others }, RUN_RULES);
    return new DefinedRun({ ...others, name, run: run as RunAgent["run"], input: prepare() });
  }
  if (prompt === undefined) {
    throw new TypeError(`Cannot ${doing} as it has neither a prompt nor a run`);
  }
  checkOptions(doing, { prompt, params, ...others }, MODEL_RULES);
  const { output, tools, ...settings } = others as unknown as
    & ModelAgentOptions
    & { readonly output?: Schema };
  const template = typeof prompt === "string" ? parseTemplate(prompt, doing) : undefined;
  const preparedInput = prepare();
  const agent = createModelAgent(doing, {
    ...settings,
    prompt,
    render: template?.render ?? prompt as ModelAgent["render"],
    input: preparedInput,
    paramsSchema: () => preparedInput?.jsonSchema() ?? (template && templateSchema(template.names)),
    output: output === undefined ? undefined : prepareOutput(name, output),
    tools: toolsOf(tools),
  });
  return new DefinedModel(agent);
}
