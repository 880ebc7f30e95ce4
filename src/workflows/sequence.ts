/** Workflows that call one agent after another: what a pipeline and a route share. */
import { asTool, type AsToolOptions } from "../agent/as_tool.ts";
import type { Callable } from "../call/options/callable.ts";
import { budgetsOf, currentContext, remoteMode, track } from "../call/context.ts";
import { remember } from "../agent/definition.ts";
import { refuseDryRun } from "../agent/defined.ts";
import { type PreparedInput, prepareInput } from "../output/prepare_input.ts";
import { runNested } from "../call/run_nested.ts";
import { CALL_RULES, type CallOptions } from "../call/options/options.ts";
import type { Schema } from "../output/standard_schema.ts";
import { checkParams } from "../call/check_params.ts";
import { totalTimeout } from "../call/options/timeouts.ts";
import type { Tool } from "../call/options/tool.ts";
import { Trace } from "../call/trace.ts";
import { budget, type BudgetOptions } from "../model/budget.ts";
import { ChildAbort } from "../async/abort.ts";
import { checkOptions, positiveMs, type RulesFor, text } from "../model/check_options.ts";
import { AgentError } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Result, ResultBase } from "../model/result.ts";

/** What such a workflow may set. */
export interface SequenceOptions {
  /** What the workflow is for, in a sentence. */
  readonly description?: string;
  /** A schema that checks the parameters of each call; what fails it is not run. */
  readonly params?: Schema;
  /** The time the whole may take, in milliseconds. */
  readonly timeout?: number;
  /** What the whole may spend at most. */
  readonly budget?: BudgetOptions;
}

/** The rules for {@linkcode SequenceOptions}. */
export const SEQUENCE_RULES: RulesFor<SequenceOptions & { readonly name: string }> = {
  name: text,
  description: text,
  params: (doing, name, value) => void prepareInput(doing, name, value as Schema),
  timeout: positiveMs,
  budget,
};

/** How such a workflow ended. */
export type SequenceResult<Content = unknown> =
  & ResultBase
  & {
    /** How each step ended that was begun, in their order. */
    readonly steps: readonly Result[];
  }
  & ({
    /** True: every step succeeded. */
    readonly ok: true;
    /** The same in a word. */
    readonly status: "success";
    /** What the last step answered. */
    readonly content: Content;
    /** Always absent. */
    readonly error?: undefined;
  } | {
    /** False: a step failed, and no further one was begun. */
    readonly ok: false;
    /** The same in a word. */
    readonly status: "error";
    /** Always absent; what the steps before it answered stands in `steps`. */
    readonly content: undefined;
    /** What went wrong. */
    readonly error: AgentError;
  });

/** A workflow whose parts are called one after another. It can stand in a batch and in another workflow. */
export interface SequenceWorkflow<Params, Content, R extends SequenceResult<Content>>
  extends Callable<Params, Content> {
  /**
   * Runs the steps. Resolves also when one failed, since what the others answered was paid for: look at `ok`.
   *
   * @throws {TypeError} If an option is wrong; then nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<R>;
  /** Runs the steps; a failure is a value. */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
  /**
   * The workflow as a tool, for the `tools` of an agent.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are not known.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
}

/** Calls the next agent, with what `params` makes, and gives what it answers. A failure ends the whole. */
export type CallStep = (agent: Callable, params: () => unknown) => Promise<unknown>;

/** What a workflow is made of. */
export interface SequenceParts {
  /** The name. */
  readonly name: string;
  /** What the caller said. */
  readonly options: SequenceOptions;
  /** What else it was defined with. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** The JSON Schema of the parameters where no schema describes them. */
  readonly paramsSchema: () => JsonSchema | undefined;
  /** Calls one agent after another, and tells what belongs into the result beside the content. */
  readonly run: (
    params: unknown,
    step: CallStep,
    told: Record<string, unknown>,
    trace: Trace,
  ) => Promise<unknown>;
}

/** A workflow whose parts are called one after another. */
export class Sequence implements SequenceWorkflow<unknown, unknown, SequenceResult> {
  readonly name: string;
  readonly description?: string;
  readonly #parts: SequenceParts;
  readonly #input: PreparedInput | undefined;

  /** Whatever was checked before. */
  constructor(parts: SequenceParts) {
    const { description, params } = parts.options;
    this.name = parts.name;
    this.description = description;
    this.#parts = parts;
    this.#input = params && prepareInput(`define the workflow "${parts.name}"`, "params", params);
    remember(this, {
      parts: () => ({ name: parts.name, ...parts.options, ...parts.definition }),
      total: ({ timeout }) => totalTimeout(timeout) ?? parts.options.timeout,
      failed: (failure) => ({ ...failure, status: "error", steps: [] }),
    });
  }

  paramsSchema(): JsonSchema | undefined {
    return this.#input === undefined ? this.#parts.paramsSchema() : this.#input.jsonSchema();
  }

  asTool(options?: AsToolOptions): Tool {
    return asTool(this, options);
  }

  call(params: unknown, options: CallOptions = {}): Promise<SequenceResult> {
    return track(this.#start(params, options));
  }

  settle(params: unknown, options: CallOptions = {}): Promise<Result> {
    return track(this.#start(params, options)) as Promise<SequenceResult & Result>;
  }

  async #start(params: unknown, options: CallOptions): Promise<SequenceResult> {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    refuseDryRun(this.name, options);
    const mode = remoteMode();
    if (mode !== undefined) {
      return await mode.settle({ agent: this, params, options }) as SequenceResult;
    }
    const { signal, timeout, budget: _, metadata, ...others } = options;
    const { options: own, run } = this.#parts;
    const outer = currentContext();
    const trace = new Trace(this.name, undefined, outer.collect, metadata);
    using child = new ChildAbort(outer.signal, signal);
    const ms = totalTimeout(timeout) ?? own.timeout;
    child.abortAfter(ms, "it was not finished");
    const context = {
      ...outer,
      budgets: budgetsOf(own, { ...outer, budgets: budgetsOf(options, outer) }),
      collect: trace.add.bind(trace),
    };
    const steps: Result[] = [];
    const told: Record<string, unknown> = {};
    const step: CallStep = async (agent, make) => {
      const result = await agent.settle(this.#made(make, agent, trace), others);
      steps.push(result);
      if (result.ok) return result.content;
      throw this.#failed(agent, result.error, trace);
    };
    const ended = await runNested(context, child, async () => {
      const input = { name: this.name, input: this.#input };
      const checked = await checkParams(input, params, { trace, signal: child.signal });
      return await run(checked, step, told, trace);
    });
    if (ended.ok) {
      return {
        ...trace.end(trace.success(ended.value, "stop")),
        status: "success",
        steps,
        ...told,
      };
    }
    const { thrown, aborted } = ended;
    // A call that was itself wrong, say without a model, is no failure of a step.
    if (!aborted && !(thrown instanceof AgentError)) throw thrown;
    const error = aborted ? trace.error(thrown, child.signal) : thrown as AgentError;
    return { ...trace.end(trace.failure(error)), status: "error", steps, ...told };
  }

  #made(make: () => unknown, { name }: Callable, trace: Trace): unknown {
    try {
      return make();
    } catch (cause) {
      throw trace.make(
        `Cannot finish the workflow "${this.name}" as the params of its step "${name}" threw: see the cause`,
        { code: "invalid_params", cause },
      );
    }
  }

  #failed({ name }: Callable, cause: AgentError, trace: Trace): AgentError {
    const { code, status, retryAfterMs, retryable, issues, text } = cause;
    return trace.make(
      `Cannot finish the workflow "${this.name}" as its step "${name}" failed: ${cause.message}`,
      { code, status, retryAfterMs, retryable, issues, text, cause },
    );
  }
}
