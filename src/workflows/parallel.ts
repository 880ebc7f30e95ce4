import { asTool, type AsToolOptions, mergedSchema } from "../agent/as_tool.ts";
import { type Callable, isCallable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import {
  budgetsOf,
  type CallContext,
  currentContext,
  inContext,
  limitersOf,
  remoteMode,
  track,
} from "../call/context.ts";
import { definitionOf, registerDefinition } from "../agent/definition.ts";
import { successOrThrow } from "../agent/defined.ts";
import { type PreparedInput, prepareInput } from "../output/prepare_input.ts";
import { CALL_RULES, type CallOptions } from "../call/options/options.ts";
import { checkParams } from "../call/check_params.ts";
import { requirePrices } from "../call/pricing/require_prices.ts";
import { totalOf } from "../call/options/timeouts.ts";
import type { Tool } from "../call/options/tool.ts";
import { Trace } from "../call/trace.ts";
import { ChildAbort } from "../async/abort.ts";
import { checkOptions } from "../model/check_options.ts";
import { causeMessage } from "../model/cause_message.ts";
import { abortCode } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import type { AgentError, Failure, Result } from "../model/result.ts";
import { notCalled } from "./settle_branch.ts";
import { type NamedBranch, settleBranches, type WorkflowCall } from "./settle_branches.ts";
import type {
  Branch,
  Branches,
  ParallelOptions,
  Workflow,
  WorkflowFailure,
  WorkflowResult,
  WorkflowSuccess,
} from "./workflow.ts";

/** Implements workflows whose branches run concurrently. */
export class Parallel implements Workflow<unknown, Branches, unknown> {
  readonly name: string;
  readonly description?: string;
  readonly #options: ParallelOptions<Branches, unknown>;
  readonly #input: PreparedInput | undefined;
  readonly #branches: readonly NamedBranch[];

  constructor(options: ParallelOptions<Branches, unknown>) {
    const { name, params } = options;
    this.name = name;
    this.#input = params && prepareInput(`define the workflow "${name}"`, "params", params);
    this.description = options.description;
    this.#options = options;
    this.#branches = Object.entries(options.branches).map(([name, branch]) =>
      isCallable(branch)
        ? { name, agent: branch }
        : { ...branch as Branch<Callable, unknown>, name }
    );
    registerDefinition(this, {
      parts: () => ({ ...options }),
      total: ({ timeout }) => totalOf(timeout, options.timeout, configuration().timeout),
      failed: (failure): WorkflowFailure => ({
        ...failure,
        status: "error",
        branches: this.#notCalled(failure.error),
        errors: {},
      }),
    });
  }

  paramsSchema(): JsonSchema | undefined {
    if (this.#input !== undefined) return this.#input.jsonSchema();
    return mergedSchema(
      this.#branches.map(({ agent, input }) => input ? undefined : agent.paramsSchema?.()),
    );
  }

  asTool(options?: AsToolOptions): Tool {
    return asTool(this, options);
  }

  call(params: unknown, options: CallOptions = {}): Promise<WorkflowSuccess<Branches, unknown>> {
    return track(this.#start(params, options).then(successOrThrow));
  }

  settle(params: unknown, options: CallOptions = {}): Promise<WorkflowResult<Branches, unknown>> {
    return track(this.#start(params, options));
  }

  async #start(params: unknown, options: CallOptions): Promise<WorkflowResult<Branches, unknown>> {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    const mode = remoteMode();
    if (mode !== undefined) {
      const result = await mode.settle({ agent: this, params, options });
      return result as WorkflowResult<Branches, unknown>;
    }
    await this.#checkPrices(options.model);
    const outer = currentContext();
    const trace = new Trace(this.name, undefined, outer.collect, options.metadata);
    using child = new ChildAbort(outer.signal, options.signal);
    const total = totalOf(options.timeout, this.#options.timeout, configuration().timeout);
    child.abortAfter(total, "timeout.total passed: it was not finished");

    const context: CallContext = {
      ...outer,
      signal: child.signal,
      budgets: budgetsOf(this.#options, { ...outer, budgets: budgetsOf(options, outer) }),
      limiters: limitersOf(this.#options, outer),
      collect: (part) => trace.add(part),
    };
    const call = { trace, child, context };
    const { dryRun = false } = options;
    const { signal } = child;
    let checked: unknown;
    try {
      checked = await checkParams({ name: this.name, input: this.#input }, params, {
        trace,
        signal,
      });
    } catch (thrown) {
      const error = trace.error(thrown, signal);
      return await this.#conclude(this.#notCalled(error), call, { dryRun, paramsError: error });
    }
    return await this.#conclude(
      await settleBranches(this.#branches, checked, options, call, this.#options),
      call,
      { dryRun },
    );
  }

  /** Combines the results of the branches into the result of the workflow. */
  async #conclude(
    branches: Record<string, Result>,
    { trace, child, context }: WorkflowCall,
    { dryRun, paramsError }: { readonly dryRun: boolean; readonly paramsError?: AgentError },
  ): Promise<WorkflowResult<Branches, unknown>> {
    const errors: Record<string, AgentError> = {};
    const contents: Record<string, unknown> = {};
    for (const [name, result] of Object.entries(branches)) {
      if (result.ok) contents[name] = result.content;
      else errors[name] = result.error;
    }
    const { signal } = child;
    let error = paramsError ?? this.#errorOf(errors, trace);
    // A time limit that only ended optional branches leaves a useful result. After an abort, no
    // result is wanted.
    const { aborted } = signal;
    if (error === undefined && aborted && abortCode(signal.reason) === "aborted") {
      error = trace.error(signal.reason, signal);
    }
    let content: unknown = contents;
    // A dry run has nothing to aggregate.
    const aggregate = dryRun ? undefined : this.#options.aggregate;
    if (aggregate !== undefined) {
      content = undefined;
      try {
        if (error === undefined) {
          // Calls inside `aggregate` count as calls of the workflow.
          const work = inContext(context, async () => await aggregate(branches));
          content = await (aborted ? work : child.race(work));
        }
      } catch (thrown) {
        error = signal.aborted && !aborted ? trace.error(thrown, signal) : trace.make(
          `Cannot finish the workflow "${this.name}" as its aggregate threw: ${
            causeMessage(thrown)
          }`,
          {
            code: "tool",
            cause: thrown,
          },
        );
      }
    }
    const status = error !== undefined
      ? "error"
      : Object.keys(errors).length > 0
      ? "partial"
      : "success";
    const more = { status, branches, errors };
    const result = error === undefined
      ? { ...trace.success(content, "stop"), ...more }
      : trace.failure(error, more);
    return trace.end(result as WorkflowResult<Branches, unknown>);
  }

  /** Returns failures without requests and usage for branches that were not called. */
  #notCalled(error: AgentError): Record<string, Failure> {
    return Object.fromEntries(
      this.#branches.map(({ agent, name }) => [name, notCalled(agent, error)]),
    );
  }

  /** Returns the error of the first required branch that failed, or `undefined` if none did. */
  #errorOf(errors: Record<string, AgentError>, trace: Trace): AgentError | undefined {
    const failed = this.#branches.filter(({ name, optional }) => !optional && name in errors);
    // A branch that was aborted because another one failed is not the reason.
    const branch = failed.find(({ name }) => errors[name]!.code !== "aborted") ?? failed[0];
    if (branch === undefined) return undefined;
    const cause = errors[branch.name]!;
    const branchFailed = `its branch "${branch.name}" failed: ${cause.message}`;
    const message = `Cannot finish the workflow "${this.name}" as ${branchFailed}`;
    const { code, status, retryAfterMs, retryable } = cause;
    return trace.make(message, { code, status, retryAfterMs, retryable, cause });
  }

  /**
   * Checks that the prices of all known models are known, if the budget is in US dollars.
   *
   * @throws {TypeError} If a price is unknown.
   */
  async #checkPrices(requested: string | undefined): Promise<void> {
    if (this.#options.budget?.cost === undefined) return;
    const { model: fallback, provider: configured } = configuration();
    // The models of other kinds of agents are only known once they have sent a request.
    const models = this.#branches.flatMap(({ agent }) => {
      const definition = definitionOf(agent)?.model;
      const model = requested ?? definition?.model ?? fallback;
      if (definition === undefined || model === undefined) return [];
      return [{ ...definition, model, provider: definition.provider ?? configured }];
    });
    await requirePrices(`run the workflow "${this.name}" with a budget in US dollars`, models);
  }
}
