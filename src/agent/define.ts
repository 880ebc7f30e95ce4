import { limiterFor } from "../limits/adaptive.ts";
import { callback, checkOptions, isRecord, refuse, type Rules, text } from "../model/check.ts";
import { timeout, type TimeoutOptions } from "../resilience/timeout.ts";
import type { Agent } from "./agent.ts";
import type { ModelAgent } from "./call.ts";
import { DefinedModel, DefinedRun } from "./defined.ts";
import { type AgentBase, type ModelAgentOptions, OVERRIDE_RULES } from "./options.ts";
import { type InferOutput, outputOf, type Schema } from "./output.ts";
import type { Prompt } from "./prompt.ts";
import type { RunAgent, RunContext } from "./run_agent.ts";
import { toolsOf } from "./tool.ts";
import { parseTemplate, type TemplateParams } from "./template.ts";

/** An agent whose prompt is a template: its placeholders become the parameters. */
export interface TemplateAgentOptions<
  Template extends string = string,
  S extends Schema | undefined = undefined,
> extends ModelAgentOptions {
  /**
   * The user's message. `{name}` stands for the parameter `name`; `{{` and its `}}` stand for literal braces, and other
   * braces for themselves. Values are put in word for word.
   */
  readonly prompt: Template;
  /** A schema: the answer is JSON that fits it, and has its type. */
  readonly output?: S;
}

/** An agent whose prompt is made by a function of the parameters. */
export interface PromptAgentOptions<Params = unknown, S extends Schema | undefined = undefined>
  extends ModelAgentOptions {
  /** Makes the user's message, or several messages, from the parameters. */
  readonly prompt: (params: Params) => Prompt | Promise<Prompt>;
  /** A schema: the answer is JSON that fits it, and has its type. */
  readonly output?: S;
}

/** An agent made of other agents. */
export interface RunAgentOptions<Params = unknown, Content = unknown> extends AgentBase {
  /** What it does: any function, async or not. Calls inside it count as its own. */
  readonly run: (params: Params, ctx: RunContext) => Content | Promise<Content>;
  /** The time the whole may take, in milliseconds. */
  readonly timeout?: number | TimeoutOptions;
}

const MODEL_RULES: Rules = {
  ...OVERRIDE_RULES,
  prompt: (doing, name, value) => {
    if (typeof value !== "string" && typeof value !== "function") {
      refuse(doing, name, "a template or a function", value);
    }
  },
  output: (doing, name, value) => {
    if (!isRecord(value) && typeof value !== "function") {
      refuse(doing, name, "a Standard Schema or a JSON Schema", value);
    }
  },
};
const RUN_RULES: Rules = { name: text, description: text, run: callback, timeout };

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
>(options: TemplateAgentOptions<Template, S>): Agent<TemplateParams<Template>, InferOutput<S>>;
/** Defines an agent whose prompt is made by a function. */
export function defineAgent<Params, S extends Schema | undefined = undefined>(
  options: PromptAgentOptions<Params, S>,
): Agent<Params, InferOutput<S>>;
/** Defines an agent made of other agents. */
export function defineAgent<Params, Content>(
  options: RunAgentOptions<Params, Content>,
): Agent<Params, Content>;
export function defineAgent(
  options: TemplateAgentOptions | PromptAgentOptions<never> | RunAgentOptions<never>,
): Agent<never, unknown> {
  if (!isRecord(options)) refuse("define an agent", "its options", "an object", options);
  const { name } = options;
  text("define an agent", "name", name);
  const doing = `define the agent "${name}"`;
  const { run, prompt, ...others } = options as Record<string, unknown>;
  if (run !== undefined) {
    if (prompt !== undefined) {
      throw new TypeError(`Cannot ${doing} as it has both a prompt and a run: give it one of them`);
    }
    checkOptions(doing, { run, ...others }, RUN_RULES);
    return new DefinedRun({ ...others, name, run: run as RunAgent["run"] });
  }
  if (prompt === undefined) {
    throw new TypeError(`Cannot ${doing} as it has neither a prompt nor a run`);
  }
  checkOptions(doing, { prompt, ...others }, MODEL_RULES);
  const { output, tools, ...settings } = others as Omit<
    PromptAgentOptions<unknown, Schema>,
    "prompt"
  >;
  const agent: ModelAgent = {
    ...settings,
    render: typeof prompt === "string"
      ? parseTemplate(prompt).render
      : prompt as ModelAgent["render"],
    output: output === undefined ? undefined : outputOf(name, output),
    tools: toolsOf(tools),
    seen: {},
    limiter: settings.limits === undefined ? undefined : limiterFor(settings.limits),
  };
  return new DefinedModel(doing, agent);
}
