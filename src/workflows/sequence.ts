/** Workflows that call one agent after another: the base of pipelines and routers. */
import { causeMessage } from "../model/cause_message.ts";
import { asTool, type AsToolOptions } from "../agent/as_tool.ts";
import type { Callable } from "../call/options/callable.ts";
import { budgetsOf, currentContext, remoteMode, track } from "../call/context.ts";
import { registerDefinition } from "../agent/definition.ts";
import { refuseDryRun, successOrThrow } from "../agent/defined.ts";
import { configuration } from "../call/options/config.ts";
import { totalOf, type TotalTimeout, totalTimeout } from "../call/options/timeouts.ts";
import { optionsInside } from "./options_inside.ts";
import { settleRecorded } from "./settle_recorded.ts";
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

/** Options of such a workflow. */
export interface SequenceOptions {
  /** The purpose of the workflow, in a sentence. */
  readonly description?: string;
  /**
   * A schema that checks the parameters of each call. Nothing runs for parameters that fail it.
   *
   * @default None
   */
  readonly params?: Schema;
  /**
   * The time limit of the whole call, in milliseconds, above 0.
   *
   * @default The total given to `configure`, if any
   */
  readonly timeout?: TotalTimeout;
  /**
   * The maximum that each call of the workflow may spend.
   *
   * @default No budget of its own
   */
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
  /** The outcome in a word. */
  readonly status: "success";
  /** The result of each step, in order. */
  readonly steps: readonly Result[];
}

/** A workflow of steps that failed. Its `steps` hold the finished results. */
export interface SequenceFailure extends Failure {
  /** The outcome in a word. */
  readonly status: "error";
  /** The result of each step that was started, in order. */
  readonly steps: readonly Result[];
}

/** The result of such a workflow: a union on `ok`. */
export type SequenceResult<Content = unknown> = SequenceSuccess<Content> | SequenceFailure;

/**
 * A workflow that calls its agents one after another. It can be part of a batch or of another
 * workflow.
 */
export interface SequenceWorkflow<Params, Content, R extends SequenceResult<Content>>
  extends Callable<Params, Content> {
  /**
   * Runs the steps.
   *
   * @throws {AgentError} If a step fails. Its `result` is the whole failure, with the results of
   * all `steps` until then, which were paid for.
   * @throws {TypeError} If an option is wrong. In that case nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<Extract<R, { readonly ok: true }>>;
  /**
   * Runs the steps and returns a failure as a value.
   *
   * @throws {TypeError} If an option is wrong. In that case nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<R>;
  /**
   * Returns the workflow as a tool, for the `tools` of an agent.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are unknown.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
}

/**
 * Calls the next agent with the parameters that `params` returns, and returns its content. A
 * failure ends the workflow.
 */
export type CallStep = (agent: Callable, params: () => unknown) => Promise<unknown>;

/** The parts of a {@linkcode Sequence}. */
export interface SequenceParts {
  /** The name of the workflow. */
  readonly name: string;
  /** The options given by the caller. */
  readonly options: SequenceOptions;
  /** The rest of its definition. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** Returns the JSON Schema of the parameters, if the `params` option is absent. */
  readonly paramsSchema: () => JsonSchema | undefined;
  /** Calls one agent after another. `extra` takes members of the result beside the content. */
  readonly run: (
    params: unknown,
    step: CallStep,
    extra: Record<string, unknown>,
    trace: Trace,
  ) => Promise<unknown>;
}

/** Implements pipelines and routers. */
export class Sequence implements SequenceWorkflow<unknown, unknown, SequenceResult> {
  readonly name: string;
  readonly description?: string;
  readonly #parts: SequenceParts;
  readonly #input: PreparedInput | undefined;

  /** Takes parts that have been checked. */
  constructor(parts: SequenceParts) {
    const { description, params } = parts.options;
    this.name = parts.name;
    this.description = description;
    this.#parts = parts;
    this.#input = params && prepareInput(`define the workflow "${parts.name}"`, "params", params);
    registerDefinition(this, {
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
    const innerOptions = optionsInside(options);
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
    const extra: Record<string, unknown> = {};
    const step: CallStep = async (agent, makeParams) => {
      const result = await settleRecorded({
        kind: "step",
        place: String(steps.length),
        agent,
        params: this.#stepParams(makeParams, agent, trace),
        options: innerOptions,
      });
      steps.push(result);
      if (result.ok) return result.content;
      throw this.#stepError(agent, result.error, trace);
    };
    const outcome = await runNested(context, child, async () => {
      const input = { name: this.name, input: this.#input };
      const checked = await checkParams(input, params, { trace, signal: child.signal });
      return await run(checked, step, extra, trace);
    });
    if (outcome.ok) {
      const success = trace.success(outcome.value, "stop");
      return trace.end<SequenceSuccess>({ ...success, status: "success", steps, ...extra });
    }
    const { thrown, aborted } = outcome;
    // Misuse, such as a call without a model, is not a failure of a step.
    if (!aborted && !(thrown instanceof AgentError)) throw thrown;
    const error = aborted ? trace.error(thrown, child.signal) : thrown as AgentError;
    return trace.end(trace.failure(error, { status: "error", steps, ...extra }));
  }

  #stepParams(makeParams: () => unknown, { name }: Callable, trace: Trace): unknown {
    try {
      return makeParams();
    } catch (cause) {
      throw trace.make(
        `Cannot finish the workflow "${this.name}" as the params of its step "${name}" threw: ${
          causeMessage(cause)
        }`,
        { code: "tool", cause },
      );
    }
  }

  #stepError({ name }: Callable, cause: AgentError, trace: Trace): AgentError {
    const { code, status, retryAfterMs, retryable, issues, text } = cause;
    return trace.make(
      `Cannot finish the workflow "${this.name}" as its step "${name}" failed: ${cause.message}`,
      { code, status, retryAfterMs, retryable, issues, text, cause },
    );
  }
}
