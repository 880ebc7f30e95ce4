/** Workflows that call one agent after another: what a pipeline and a route share. */
import { messageOf } from "../model/errors.ts";
import { asTool, type AsToolOptions } from "../agent/as_tool.ts";
import type { Callable } from "../call/options/callable.ts";
import { budgetsOf, currentContext, remoteMode, track } from "../call/context.ts";
import { remember } from "../agent/definition.ts";
import { refuseDryRun, successOrThrow } from "../agent/defined.ts";
import { configuration } from "../call/options/config.ts";
import { totalOf, type TotalTimeout, totalTimeout } from "../call/options/timeouts.ts";
import { optionsInside } from "./options_inside.ts";
import { type PreparedInput, prepareInput } from "../output/prepare_input.ts";
import { runNested } from "../call/run_nested.ts";
import { CALL_RULES, type CallOptions } from "../call/options/options.ts";
import type { Schema } from "../output/standard_schema.ts";
import { checkParams } from "../call/check_params.ts";
import type { Tool } from "../call/options/tool.ts";
import { Trace } from "../call/trace.ts";
import { budget, type BudgetOptions } from "../model/budget.ts";
import { ChildAbort } from "../async/abort.ts";
import { checkOptions, type RulesFor, text } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { AgentError, type Failure, type Result, type Success } from "../model/result.ts";

/** What such a workflow may set. */
export interface SequenceOptions {
  /** What the workflow is for, in a sentence. */
  readonly description?: string;
  /** A schema that checks the parameters of each call; what fails it is not run. */
  readonly params?: Schema;
  /**
   * The time the whole may take, in milliseconds.
   *
   * @default The total that `configure` sets, if any
   */
  readonly timeout?: TotalTimeout;
  /** What the whole may spend at most. */
  readonly budget?: BudgetOptions;
}

/** The rules for {@linkcode SequenceOptions}. */
export const SEQUENCE_RULES: RulesFor<SequenceOptions & { readonly name: string }> = {
  name: text,
  description: text,
  params: (doing, name, value) => void prepareInput(doing, name, value as Schema),
  timeout: totalTimeout,
  budget,
};

/** A workflow of steps that succeeded. */
export interface SequenceSuccess<Content = unknown> extends Success<Content> {
  /** The same in a word. */
  readonly status: "success";
  /** How each step ended, in order. */
  readonly steps: readonly Result[];
}

/** A workflow of steps that failed. Its steps hold the results that were finished. */
export interface SequenceFailure extends Failure {
  /** The same in a word. */
  readonly status: "error";
  /** How each step that was started ended, in order. */
  readonly steps: readonly Result[];
}

/** How such a workflow ended: a union on `ok`. */
export type SequenceResult<Content = unknown> = SequenceSuccess<Content> | SequenceFailure;

/**
 * A workflow whose parts are called one after another. It can stand in a batch and in another
 * workflow.
 */
export interface SequenceWorkflow<Params, Content, R extends SequenceResult<Content>>
  extends Callable<Params, Content> {
  /**
   * Runs the steps.
   *
   * @throws {AgentError} If a step fails. Its `result` is the whole failure, with the results of
   * all `steps` until then, which were paid for.
   * @throws {TypeError} If an option is wrong; then nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<Extract<R, { readonly ok: true }>>;
  /**
   * Runs the steps; a failure is a value.
   *
   * @throws {TypeError} If an option is wrong; then nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<R>;
  /**
   * The workflow as a tool, for the `tools` of an agent.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are not known.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
}

/**
 * Calls the next agent, with what `params` makes, and gives what it answers. A failure ends the
 * whole.
 */
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
  /** Calls one agent after another, and returns the members of the result beside the content. */
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
      total: ({ timeout }) => totalOf(timeout, parts.options.timeout, configuration().timeout),
      failed: (failure): SequenceFailure => ({ ...failure, status: "error", steps: [] }),
    });
  }

  paramsSchema(): JsonSchema | undefined {
    return this.#input === undefined ? this.#parts.paramsSchema() : this.#input.jsonSchema();
  }

  asTool(options?: AsToolOptions): Tool {
    return asTool(this, options);
  }

  call(params: unknown, options: CallOptions = {}): Promise<SequenceSuccess> {
    return track(this.#start(params, options).then(successOrThrow));
  }

  settle(params: unknown, options: CallOptions = {}): Promise<SequenceResult> {
    return track(this.#start(params, options));
  }

  async #start(params: unknown, options: CallOptions): Promise<SequenceResult> {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    refuseDryRun(this.name, options);
    const mode = remoteMode();
    if (mode !== undefined) {
      return await mode.settle({ agent: this, params, options }) as SequenceResult;
    }
    const { signal, timeout, metadata } = options;
    const others = optionsInside(options);
    const { options: own, run } = this.#parts;
    const outer = currentContext();
    const trace = new Trace(this.name, undefined, outer.collect, metadata);
    using child = new ChildAbort(outer.signal, signal);
    const total = totalOf(timeout, own.timeout, configuration().timeout);
    child.abortAfter(total, "timeout.total passed: it was not finished");
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
      const success = trace.success(ended.value, "stop");
      return trace.end<SequenceSuccess>({ ...success, status: "success", steps, ...told });
    }
    const { thrown, aborted } = ended;
    // A call that was itself wrong, say without a model, is no failure of a step.
    if (!aborted && !(thrown instanceof AgentError)) throw thrown;
    const error = aborted ? trace.error(thrown, child.signal) : thrown as AgentError;
    return trace.end(trace.failure(error, { status: "error", steps, ...told }));
  }

  #made(make: () => unknown, { name }: Callable, trace: Trace): unknown {
    try {
      return make();
    } catch (cause) {
      throw trace.make(
        `Cannot finish the workflow "${this.name}" as the params of its step "${name}" threw: ${
          messageOf(cause)
        }`,
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
