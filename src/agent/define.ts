import { callback, checkOptions, isRecord, refuse, type Rules, text } from "../model/check.ts";
import type { ContentPart } from "../model/message.ts";
import type { Result, Success } from "../model/result.ts";
import { timeout, type TimeoutOptions } from "../resilience/timeout.ts";
import { type AgentStream, agentStream } from "./agent_stream.ts";
import { type CallHooks, callModel, type ModelAgent } from "./call.ts";
import type { Callable } from "./callable.ts";
import { currentContext, inContext, track } from "./context.ts";
import {
  type AgentBase,
  type AgentOverrides,
  CALL_RULES,
  type CallOptions,
  type ModelAgentOptions,
  OVERRIDE_RULES,
} from "./options.ts";
import { type InferOutput, outputOf, type Schema } from "./output.ts";
import type { Prompt } from "./prompt.ts";
import { callRun, type RunAgent, type RunContext } from "./run_agent.ts";
import { parseTemplate, type TemplateParams } from "./template.ts";

/** Something that answers, defined in code and called with parameters. */
export interface Agent<Params = unknown, Content = unknown> extends Callable<Params, Content> {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What the agent is for. */
  readonly description?: string;
  /** The model it asks; absent if that is left to `configure`, or if it is made of other agents. */
  readonly model?: string;
  /**
   * Calls the agent.
   *
   * @throws {AgentError} If the call fails.
   * @throws {TypeError} If an option is wrong, or no model or provider is named; then nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<Success<Content>>;
  /**
   * Calls the agent; a failure is a value.
   *
   * @throws {TypeError} If an option is wrong, or no model or provider is named; then nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
  /** Calls the agent and gives its answer piece by piece. */
  stream(params: Params, options?: CallOptions): AgentStream<Content>;
  /**
   * Asks the agent something else than its prompt does: the message takes the prompt's place.
   *
   * @throws {AgentError} If the call fails.
   */
  ask(message: string | readonly ContentPart[], options?: CallOptions): Promise<Success<Content>>;
  /** The same agent with other settings; this one stays as it is. */
  with(overrides: AgentOverrides): Agent<Params, Content>;
}

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
  const { output, ...settings } = others as Omit<PromptAgentOptions<unknown, Schema>, "prompt">;
  return new DefinedModel({
    ...settings,
    render: typeof prompt === "string"
      ? parseTemplate(prompt).render
      : prompt as ModelAgent["render"],
    output: output === undefined ? undefined : outputOf(name, output),
  });
}

/** What both kinds of agents share: everything but the call itself. */
abstract class Defined implements Agent {
  readonly name: string;
  readonly description?: string;
  readonly model?: string;

  constructor(definition: AgentBase & { model?: string }) {
    this.name = definition.name;
    this.description = definition.description;
    this.model = definition.model;
  }

  /** The call, whose options were checked. */
  protected abstract run(params: unknown, options: CallOptions, hooks?: CallHooks): Promise<Result>;

  abstract with(overrides: AgentOverrides): Agent;

  settle(params: unknown, options: CallOptions = {}): Promise<Result> {
    return track(this.#start(params, options));
  }

  call(params: unknown, options: CallOptions = {}): Promise<Success> {
    return track(this.#start(params, options).then(successOrThrow));
  }

  ask(message: string | readonly ContentPart[], options: CallOptions = {}): Promise<Success> {
    const prompt: Prompt = typeof message === "string"
      ? message
      : [{ role: "user", content: message }];
    return track(this.#start(new Asked(prompt), options).then(successOrThrow));
  }

  stream(params: unknown, options: CallOptions = {}): AgentStream {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    const context = currentContext();
    return agentStream(
      options,
      (hooks, signal) =>
        inContext(context, () => track(this.run(params, { ...options, signal }, hooks))),
    );
  }

  async #start(params: unknown, options: CallOptions): Promise<Result> {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    return await this.run(params, options);
  }
}

/** What `ask` hands down in the place of parameters. */
class Asked {
  constructor(readonly prompt: Prompt) {}
}

class DefinedModel extends Defined {
  // Private, so that printing an agent prints neither prompts nor providers.
  readonly #agent: ModelAgent;

  constructor(agent: ModelAgent) {
    super(agent);
    this.#agent = agent;
  }

  protected override run(
    params: unknown,
    options: CallOptions,
    hooks?: CallHooks,
  ): Promise<Result> {
    const agent = params instanceof Asked
      ? { ...this.#agent, render: () => params.prompt }
      : this.#agent;
    return callModel(agent, params, options, hooks);
  }

  override with(overrides: AgentOverrides): Agent {
    const doing = `change the agent "${this.name}"`;
    checkOptions(doing, overrides, OVERRIDE_RULES);
    const agent = { ...this.#agent, ...present(overrides) };
    refuseOwnFallback(doing, agent);
    return new DefinedModel(agent);
  }
}

/** Does it ask a model itself, rather than call other agents? */
export function isModelAgent(callable: Callable): callable is Agent {
  return callable instanceof DefinedModel;
}

class DefinedRun extends Defined {
  readonly #agent: RunAgent;

  constructor(agent: RunAgent) {
    super(agent);
    this.#agent = agent;
  }

  protected override run(params: unknown, options: CallOptions): Promise<Result> {
    if (params instanceof Asked) {
      throw new TypeError(`Cannot ask "${this.name}" as it has no prompt: use call`);
    }
    return callRun(this.#agent, params, options);
  }

  override with(overrides: AgentOverrides): Agent {
    const rules = { name: text, description: text, timeout };
    checkOptions(`change the agent "${this.name}"`, overrides, rules);
    return new DefinedRun({ ...this.#agent, ...present(overrides) });
  }
}

/** An agent that falls back to the model that has just failed says something it can't mean. */
function refuseOwnFallback(doing: string, { model, fallbackModels = [] }: ModelAgentOptions): void {
  if (model !== undefined && fallbackModels.includes(model)) {
    throw new TypeError(`Cannot ${doing} as fallbackModels repeats its own model: name other ones`);
  }
}

/** The options that are there: one that is `undefined` counts as absent. */
function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as T;
}

function successOrThrow(result: Result): Success {
  if (!result.ok) throw result.error;
  return result;
}
