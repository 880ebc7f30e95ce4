import { limiterFor } from "../limits/adaptive_limiter.ts";
import { checkOptions, text } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Result, Success } from "../model/result.ts";
import { refuseOwnFallback } from "../resilience/fallback.ts";
import { timeout, timeouts } from "../resilience/timeout.ts";
import type { Agent } from "./agent.ts";
import { asTool, type AsToolOptions } from "./as_tool.ts";
import { type AgentStream, agentStream } from "./agent_stream.ts";
import { callModel } from "../call/call.ts";
import type { CallHooks, ModelAgent } from "../call/options/model_agent.ts";
import type { Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { currentContext, inContext, track } from "../call/context.ts";
import { remember, schemaIfTold } from "./definition.ts";
import {
  type AgentBase,
  type AgentOverrides,
  CALL_RULES,
  type CallOptions,
  OVERRIDE_RULES,
} from "../call/options/options.ts";
import { hooks } from "../call/options/hooks.ts";
import { elsewhere } from "../call/options/mode.ts";
import type { PromptPart } from "../call/options/prompt_parts.ts";
import type { Prompt } from "../call/render_prompt.ts";
import { callRun, limitOf, type RunAgent } from "./run_agent.ts";
import { type Tool, toolsOf } from "../call/options/tool.ts";

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

  abstract paramsSchema(): JsonSchema | undefined;

  abstract with(overrides: AgentOverrides): Agent;

  asTool(options?: AsToolOptions): Tool {
    return asTool(this, options);
  }

  settle(params: unknown, options: CallOptions = NO_OPTIONS): Promise<Result> {
    return track(this.#start(params, options));
  }

  // deno-lint-ignore no-explicit-any -- what comes of a dry run is another type
  call(params: unknown, options: CallOptions = NO_OPTIONS): Promise<any> {
    return track(this.#start(params, options).then(successOrThrow));
  }

  ask(message: string | readonly PromptPart[], options: CallOptions = {}): Promise<Success> {
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
        inContext(
          { ...context, emit: hooks.emit },
          () => track(this.#run(params, { ...options, signal }, hooks)),
        ),
    );
  }

  #start(params: unknown, options: CallOptions): Promise<Result> {
    try {
      if (options !== NO_OPTIONS) checkOptions(`call "${this.name}"`, options, CALL_RULES);
    } catch (error) {
      return Promise.reject(error);
    }
    const mode = elsewhere();
    if (mode !== undefined) return mode.settle({ agent: this, params, options });
    return this.#run(params, options);
  }

  /** What is refused at once is a rejection, too. */
  #run(params: unknown, options: CallOptions, hooks?: CallHooks): Promise<Result> {
    try {
      return this.run(params, options, hooks);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const NO_OPTIONS: CallOptions = Object.freeze({});

/** What `ask` hands down in the place of parameters. */
export class Asked {
  /** With what stands in the place of the prompt. */
  constructor(readonly prompt: Prompt) {}
}

/** An agent that asks a model. */
export class DefinedModel extends Defined {
  // Private, so that printing an agent prints neither prompts nor providers.
  readonly #agent: ModelAgent;

  /** Refuses what it can't mean; `doing` is what cannot be done then. */
  constructor(doing: string, agent: ModelAgent) {
    super(agent);
    refuseOwnFallback(doing, agent);
    this.#agent = agent;
    remember(this, {
      parts: () => partsOf(agent),
      total: ({ timeout }) => timeouts(timeout, agent.timeout, configuration().timeout).total,
      model: agent,
    });
  }

  protected override run(
    params: unknown,
    options: CallOptions,
    hooks?: CallHooks,
  ): Promise<Result> {
    if (!(params instanceof Asked)) return callModel(this.#agent, params, options, hooks);
    const { prompt } = params;
    const agent = { ...this.#agent, render: () => prompt, input: undefined };
    return callModel(agent, prompt, options, hooks);
  }

  override paramsSchema(): JsonSchema | undefined {
    return this.#agent.paramsSchema?.();
  }

  outputSchema(): JsonSchema | undefined {
    return this.#agent.output?.contentSchema;
  }

  override with(overrides: AgentOverrides): Agent {
    const doing = `change the agent "${this.name}"`;
    checkOptions(doing, overrides, OVERRIDE_RULES);
    const { limits, tools } = overrides;
    return new DefinedModel(doing, {
      ...this.#agent,
      ...present(overrides),
      tools: tools === undefined ? this.#agent.tools : toolsOf(tools),
      ...(limits !== undefined && { limiter: limiterFor(limits) }),
    });
  }
}

/** Does it ask a model itself, rather than call other agents? */
export function isModelAgent(callable: Callable): callable is Agent {
  return callable instanceof DefinedModel;
}

/** An agent made of other agents. */
export class DefinedRun extends Defined {
  readonly #agent: RunAgent;

  constructor(agent: RunAgent) {
    super(agent);
    this.#agent = agent;
    const { input, ...parts } = agent;
    remember(this, {
      parts: () => ({ ...parts, params: schemaIfTold(() => input?.jsonSchema()) }),
      total: ({ timeout }) => limitOf(timeout) ?? limitOf(agent.timeout),
    });
  }

  protected override run(params: unknown, options: CallOptions): Promise<Result> {
    if (params instanceof Asked) {
      throw new TypeError(`Cannot ask "${this.name}" as it has no prompt: use call`);
    }
    refuseDryRun(this.name, options);
    return callRun(this.#agent, params, options);
  }

  override paramsSchema(): JsonSchema | undefined {
    return this.#agent.input?.jsonSchema();
  }

  override with(overrides: AgentOverrides): Agent {
    const rules = { name: text, description: text, timeout, hooks };
    checkOptions(`change the agent "${this.name}"`, overrides, rules);
    return new DefinedRun({ ...this.#agent, ...present(overrides) });
  }
}

/**
 * What is made of others knows what it would send only when they have answered.
 *
 * @throws {TypeError} If that is what is wanted.
 */
export function refuseDryRun(name: string, { dryRun }: CallOptions): void {
  if (!dryRun) return;
  throw new TypeError(
    `Cannot call "${name}" with dryRun as it is made of others: ask them what they would send`,
  );
}

/** What an agent was defined with. */
function partsOf(
  { render: _, seen: __, limiter: ___, input: ____, output, paramsSchema, ...parts }: ModelAgent,
): Record<string, unknown> {
  return { ...parts, output: output?.schema, params: schemaIfTold(paramsSchema) };
}

/** The options that are there: one that is `undefined` counts as absent. */
function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as T;
}

function successOrThrow(result: Result): Success {
  if (!result.ok) throw result.error;
  return result;
}
