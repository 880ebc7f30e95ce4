import { checkOptions } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Result, Success } from "../model/result.ts";
import type { Agent } from "./agent.ts";
import { asTool, type AsToolOptions } from "./as_tool.ts";
import { conversationHash } from "./call_hash.ts";
import { type AgentStream, agentStream } from "./agent_stream.ts";
import { callModel } from "../call/call.ts";
import type { CallCheckpoints, CheckpointScope } from "../call/tools/checkpoints.ts";
import { type CallHooks, changeModelAgent, type ModelAgent } from "../call/options/model_agent.ts";
import type { Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { currentContext, inContext, remoteMode, track } from "../call/context.ts";
import { registerDefinition, schemaIfKnown } from "./definition.ts";
import {
  type AgentBase,
  type AgentOverrides,
  CALL_RULES,
  type CallOptions,
  OVERRIDE_RULES,
  RUN_OVERRIDE_RULES,
  withoutUndefined,
} from "../call/options/options.ts";
import type { PromptPart } from "../call/options/prompt_parts.ts";
import type { Prompt } from "../call/options/prompt_parts.ts";
import { callRunAgent, type RunAgent } from "./run_agent.ts";
import { totalOf } from "../call/options/timeouts.ts";
import type { Tool } from "../call/options/tool.ts";

/** The parts that all agents share: everything but the call itself. */
abstract class Defined implements Agent {
  readonly name: string;
  readonly description?: string;
  readonly model?: string;

  constructor(definition: AgentBase & { model?: string }) {
    this.name = definition.name;
    this.description = definition.description;
    this.model = definition.model;
  }

  /** Makes the call. Its options are already checked. */
  protected abstract run(params: unknown, options: CallOptions, hooks?: CallHooks): Promise<Result>;

  abstract paramsSchema(): JsonSchema | undefined;

  abstract with(overrides: AgentOverrides): Agent;

  asTool(options?: AsToolOptions): Tool {
    return asTool(this, options);
  }

  settle(params: unknown, options: CallOptions = NO_OPTIONS): Promise<Result> {
    return track(this.#start(params, options));
  }

  // deno-lint-ignore no-explicit-any -- a dry run returns another type
  call(params: unknown, options: CallOptions = NO_OPTIONS): Promise<any> {
    return track(this.#start(params, options).then(successOrThrow));
  }

  ask(message: string | readonly PromptPart[], options: CallOptions = {}): Promise<Success> {
    const prompt: Prompt = typeof message === "string"
      ? message
      : [{ role: "user", content: message }];
    return track(this.#start(new PromptOverride(prompt), options).then(successOrThrow));
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
    const mode = remoteMode();
    if (mode !== undefined) return mode.settle({ agent: this, params, options });
    return this.#run(params, options);
  }

  /** Runs the call. Errors thrown synchronously become rejections. */
  #run(params: unknown, options: CallOptions, hooks?: CallHooks): Promise<Result> {
    try {
      return this.run(params, options, hooks);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const NO_OPTIONS: CallOptions = Object.freeze({});

/** A prompt that replaces the agent's own, passed by `ask` in place of parameters. */
export class PromptOverride {
  /** Wraps the prompt. */
  constructor(readonly prompt: Prompt) {}
}

/** An agent that calls a model. */
export class DefinedModel extends Defined {
  // Private, so that printing an agent prints neither prompts nor providers.
  readonly #agent: ModelAgent;

  constructor(agent: ModelAgent) {
    super(agent);
    this.#agent = agent;
    registerDefinition(this, {
      parts: () => partsOf(agent),
      total: ({ timeout }) => totalOf(timeout, agent.timeout, configuration().timeout),
      model: agent,
    });
  }

  protected override run(
    params: unknown,
    options: CallOptions,
    hooks?: CallHooks,
  ): Promise<Result> {
    if (this.#agent.tools !== undefined && !options.dryRun) {
      const { checkpoints } = currentContext();
      if (checkpoints !== undefined) {
        return this.#runRecorded(checkpoints, params, options, hooks);
      }
    }
    return this.#callModel(params, options, hooks);
  }

  /** Makes a call with tools whose rounds are recorded in the journal of an item. */
  async #runRecorded(
    checkpoints: CheckpointScope,
    params: unknown,
    options: CallOptions,
    hooks: CallHooks | undefined,
  ): Promise<Result> {
    const hash = conversationHash(this, params, options);
    const rounds = await checkpoints.open({ kind: "round", place: this.name, hash });
    return await this.#callModel(params, options, hooks, rounds);
  }

  #callModel(
    params: unknown,
    options: CallOptions,
    hooks: CallHooks | undefined,
    rounds?: CallCheckpoints,
  ): Promise<Result> {
    if (!(params instanceof PromptOverride)) {
      return callModel(this.#agent, params, options, hooks, rounds);
    }
    const { prompt } = params;
    const agent = {
      ...this.#agent,
      render: () => prompt,
      input: undefined,
      isPromptOverridden: true,
    };
    return callModel(agent, prompt, options, hooks, rounds);
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
    return new DefinedModel(changeModelAgent(doing, this.#agent, overrides));
  }
}

/** Whether the agent calls a model itself, rather than other agents. */
export function isModelAgent(callable: Callable): callable is Agent {
  return callable instanceof DefinedModel;
}

/** An agent whose `run` function calls other agents. */
export class DefinedRun extends Defined {
  readonly #agent: RunAgent;

  constructor(agent: RunAgent) {
    super(agent);
    this.#agent = agent;
    const { input, ...parts } = agent;
    registerDefinition(this, {
      parts: () => ({ ...parts, params: schemaIfKnown(() => input?.jsonSchema()) }),
      total: ({ timeout }) => totalOf(timeout, agent.timeout, configuration().timeout),
    });
  }

  protected override run(params: unknown, options: CallOptions): Promise<Result> {
    if (params instanceof PromptOverride) {
      throw new TypeError(`Cannot ask "${this.name}" as it has no prompt: use call`);
    }
    refuseDryRun(this.name, options);
    return callRunAgent(this.#agent, params, options);
  }

  override paramsSchema(): JsonSchema | undefined {
    return this.#agent.input?.jsonSchema();
  }

  override with(overrides: AgentOverrides): Agent {
    checkOptions(`change the agent "${this.name}"`, overrides, RUN_OVERRIDE_RULES);
    return new DefinedRun({ ...this.#agent, ...withoutUndefined(overrides) });
  }
}

/**
 * An agent made of others knows what it would send only after they have answered.
 *
 * @throws {TypeError} If `dryRun` is set.
 */
export function refuseDryRun(name: string, { dryRun }: CallOptions): void {
  if (!dryRun) return;
  throw new TypeError(
    `Cannot call "${name}" with dryRun as it calls other agents: use dryRun on those`,
  );
}

/** Returns the options with which an agent was defined. */
function partsOf(
  { render: _, tokenAverages: __, limiter: ___, input: ____, output, paramsSchema, ...parts }:
    ModelAgent,
): Record<string, unknown> {
  return { ...parts, output: output?.schema, params: schemaIfKnown(paramsSchema) };
}

/**
 * Returns the result if it is a success.
 *
 * @throws {AgentError} The error of the result if it is a failure.
 */
export function successOrThrow<R extends Result>(result: R): Extract<R, { readonly ok: true }> {
  if (!result.ok) throw result.error;
  return result as Extract<R, { readonly ok: true }>;
}
