import { pooledMap } from "@std/async/pool";
import { type Callable, isCallable } from "../agent/callable.ts";
import { configuration } from "../agent/config.ts";
import { type CallContext, currentContext, inContext, track } from "../agent/context.ts";
import { CALL_RULES, type CallOptions } from "../agent/options.ts";
import { isModelAgent } from "../agent/define.ts";
import { limitOf } from "../agent/run_agent.ts";
import { Trace } from "../agent/trace.ts";
import { Gate } from "../limits/gate.ts";
import { ChildAbort } from "../model/abort.ts";
import {
  callback,
  checkOptions,
  dollars,
  flag,
  isRecord,
  positiveInteger,
  positiveMs,
  refuse,
  type Rules,
  text,
} from "../model/check.ts";
import { abortCode, type AgentError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { hasPrice, loadPrices } from "../telemetry/prices.ts";
import type {
  Branch,
  BranchContents,
  Branches,
  BranchResults,
  Workflow,
  WorkflowParams,
  WorkflowResult,
} from "./workflow.ts";

/** What a parallel workflow is made of. */
export interface ParallelOptions<B extends Branches = Branches, Content = BranchContents<B>> {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What the workflow is for, in a sentence. */
  readonly description?: string;
  /** The agents or workflows that run, by name; `{ agent, optional, input }` to say more about one. */
  readonly branches: B;
  /**
   * Aborts the other branches as soon as one that is not optional fails.
   *
   * @default {false}
   */
  readonly failFast?: boolean;
  /**
   * How many branches run at the same time.
   *
   * @default All of them; one after another if there is a `maxCost`, so that it is looked at before each
   */
  readonly concurrency?: number;
  /** The time the whole may take, in milliseconds. */
  readonly timeout?: number;
  /**
   * Begins no further branch once so many US dollars are spent; those fail with the code `budget`. What is in flight is
   * finished and counts.
   */
  readonly maxCost?: number;
  /** Makes the content from the results of the branches; not called if the status is `error`. May be async. */
  readonly aggregate?: (branches: BranchResults<B>) => Content | Promise<Content>;
}

const RULES: Rules = {
  name: text,
  description: text,
  branches(doing, name, value) {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      refuse(doing, name, "an object with at least one agent", value);
    }
    for (const [key, branch] of Object.entries(value)) {
      if (isCallable(branch)) continue;
      if (!isRecord(branch) || !isCallable(branch.agent)) {
        refuse(doing, `the branch "${key}"`, "an agent or { agent, optional, input }", branch);
      }
      const agent = (): void => {};
      checkOptions(`${doing}: branch "${key}"`, branch, { agent, optional: flag, input: callback });
    }
  },
  failFast: flag,
  concurrency: positiveInteger,
  timeout: positiveMs,
  maxCost: dollars,
  aggregate: callback,
};

/**
 * Defines a workflow whose branches work on the same input at the same time.
 *
 * It is called like an agent, with the parameters of all branches together, and can stand in a batch or in another workflow. Its usage,
 * cost and attempts are the sums over all branches.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { defineAgent, defineParallel } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("fine");
 * const Sentiment = defineAgent({ name: "sentiment", model: "m", prompt: "Label: {text}", provider });
 * const Summary = defineAgent({ name: "summary", model: "m", prompt: "Summarise: {text}", provider });
 *
 * const ReviewAnalyzer = defineParallel({
 *   name: "review-analyzer",
 *   branches: { sentiment: Sentiment, summary: { agent: Summary, optional: true } },
 * });
 * const { status, content } = await ReviewAnalyzer.call({ text: "Great product!" });
 * console.log(status, content.sentiment); // success fine
 * ```
 */
export function defineParallel<const B extends Branches, Content>(
  options: ParallelOptions<B, Content> & Required<Pick<ParallelOptions<B, Content>, "aggregate">>,
): Workflow<WorkflowParams<B>, B, Content | undefined>;
/** Defines a workflow whose content is that of its branches, by name. */
export function defineParallel<const B extends Branches>(
  options: Omit<ParallelOptions<B>, "aggregate">,
): Workflow<WorkflowParams<B>, B>;
export function defineParallel(
  options: ParallelOptions<Branches, unknown>,
): Workflow<unknown, Branches, unknown> {
  if (!isRecord(options)) refuse("define a workflow", "its options", "an object", options);
  text("define a workflow", "name", options.name);
  const doing = `define the workflow "${options.name}"`;
  if (options.branches === undefined) refuse(doing, "branches", "an object of agents", undefined);
  checkOptions(doing, options, RULES);
  return new Parallel({ ...options });
}

class Parallel implements Workflow<unknown, Branches, unknown> {
  readonly name: string;
  readonly description?: string;
  readonly #options: ParallelOptions<Branches, unknown>;
  readonly #branches: readonly (Branch<Callable, unknown> & { readonly name: string })[];

  constructor(options: ParallelOptions<Branches, unknown>) {
    this.name = options.name;
    this.description = options.description;
    this.#options = options;
    this.#branches = Object.entries(options.branches).map(([name, branch]) =>
      isCallable(branch)
        ? { name, agent: branch }
        : { ...branch as Branch<Callable, unknown>, name }
    );
  }

  call(params: unknown, options: CallOptions = {}): Promise<WorkflowResult<Branches, unknown>> {
    return track(this.#start(params, options));
  }

  settle(params: unknown, options: CallOptions = {}): Promise<Result> {
    return track(
      this.#start(params, options).then((result) =>
        // A failure has no content; what there is of it stands in the branches.
        (result.ok ? result : { ...result, content: undefined }) as unknown as Result
      ),
    );
  }

  async #start(params: unknown, options: CallOptions): Promise<WorkflowResult<Branches, unknown>> {
    checkOptions(`call "${this.name}"`, options, CALL_RULES);
    await this.#checkPrices(options.model);
    const outer = currentContext();
    const trace = new Trace(this.name, undefined, outer, options.metadata);
    using child = new ChildAbort(outer.signal, options.signal);
    const ms = limitOf(options.timeout) ?? this.#options.timeout;
    child.abortAfter(ms, `it was not finished within ${ms} ms`);

    const { concurrency } = this.#options;
    const context: CallContext = {
      ...outer,
      signal: child.signal,
      gates: concurrency === undefined ? outer.gates : [new Gate(concurrency), ...outer.gates],
      collect: (part) => trace.add(part),
    };
    const inside: Inside = { trace, child, context };
    return await this.#conclude(await this.#run(params, options, inside), inside);
  }

  /** Runs the branches, and gives a result for each, in their order. */
  async #run(
    params: unknown,
    { signal: _signal, timeout: _timeout, metadata: _metadata, ...options }: CallOptions,
    { trace, child, context }: Inside,
  ): Promise<Record<string, Result>> {
    const { concurrency, maxCost, failFast } = this.#options;
    const overBudget = (): boolean =>
      maxCost !== undefined && (trace.cost === undefined || trace.cost.total >= maxCost);
    const results: Record<string, Result | undefined> = {};
    for (const { name } of this.#branches) results[name] = undefined;

    let misuse: { readonly error: unknown } | undefined;
    const limit = concurrency ?? (maxCost === undefined ? this.#branches.length : 1);
    const run = async (branch: Branch<Callable, unknown> & { name: string }): Promise<void> => {
      if (child.signal.aborted || overBudget()) return;
      let result: Result;
      try {
        result = await inContext(context, () => settleBranch(branch, params, options, context));
      } catch (error) {
        // The call itself was wrong, say without a model: that is no failure of a branch.
        misuse ??= { error };
        child.abort(error);
        return;
      }
      results[branch.name] = result;
      if (failFast && !result.ok && !branch.optional) {
        child.abort(new DOMException(`The branch "${branch.name}" failed`, "AbortError"));
      }
    };
    for await (const _ of pooledMap(limit, this.#branches, run));
    if (misuse !== undefined) throw misuse.error;

    for (const { name, agent } of this.#branches) {
      results[name] ??= notStarted(agent, child.signal, maxCost, context);
    }
    return results as Record<string, Result>;
  }

  /** Makes the result of the whole from those of the branches. */
  async #conclude(
    branches: Record<string, Result>,
    { trace, child, context }: Inside,
  ): Promise<WorkflowResult<Branches, unknown>> {
    const errors: Record<string, AgentError> = {};
    const contents: Record<string, unknown> = {};
    for (const [name, result] of Object.entries(branches)) {
      if (result.ok) contents[name] = result.content;
      else errors[name] = result.error;
    }
    const { signal } = child;
    let error = this.#errorOf(errors, trace);
    // A time limit that only cut optional branches leaves a result that is worth something; an abort wants none.
    const { aborted } = signal;
    if (error === undefined && aborted && abortCode(signal.reason) === "aborted") {
      error = trace.error(signal.reason, signal);
    }
    let content: unknown = contents;
    const { aggregate } = this.#options;
    if (aggregate !== undefined) {
      content = undefined;
      try {
        if (error === undefined) {
          // What it calls counts as the workflow's own.
          const work = inContext(context, async () => await aggregate(branches));
          content = await (aborted ? work : child.race(work));
        }
      } catch (thrown) {
        error = signal.aborted && !aborted ? trace.error(thrown, signal) : trace.make(
          `Cannot finish the workflow "${this.name}" as its aggregate threw: see the cause`,
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
    const base = error === undefined ? trace.success(content, "stop") : trace.failure(error);
    return { ...base, content, status, branches, errors } as WorkflowResult<Branches, unknown>;
  }

  /** Why the whole failed: because of the first branch that had to succeed and did not. */
  #errorOf(errors: Record<string, AgentError>, trace: Trace): AgentError | undefined {
    const failed = this.#branches.filter(({ name, optional }) => !optional && name in errors);
    // What was only aborted because another one failed is not the reason.
    const branch = failed.find(({ name }) => errors[name]!.code !== "aborted") ?? failed[0];
    if (branch === undefined) return undefined;
    const cause = errors[branch.name]!;
    const message =
      `Cannot finish the workflow "${this.name}" as its branch "${branch.name}" failed: ${cause.message}`;
    return trace.make(message, { code: cause.code, retryAfterMs: cause.retryAfterMs, cause });
  }

  /** A limit on money is only worth something where the prices are known. */
  async #checkPrices(asked: string | undefined): Promise<void> {
    if (this.#options.maxCost === undefined) return;
    const { prices, model: fallback } = configuration();
    for (const { agent } of this.#branches) {
      // What other kinds of agents ask is known when they have asked.
      const model = isModelAgent(agent) ? asked ?? agent.model ?? fallback : undefined;
      if (model === undefined) continue;
      await loadPrices(model, prices);
      if (hasPrice(model, prices)) continue;
      throw new TypeError(
        `Cannot run the workflow "${this.name}" with a maxCost as the price of the model "${model}" is not known: ` +
          "pass it with configure({ prices })",
      );
    }
  }
}

/** What belongs to one call of a workflow. */
interface Inside {
  readonly trace: Trace;
  readonly child: ChildAbort;
  /** What is called within it stands here. */
  readonly context: CallContext;
}

async function settleBranch(
  { agent, input, name }: Branch<Callable, unknown> & { readonly name: string },
  params: unknown,
  options: CallOptions,
  context: CallContext,
): Promise<Result> {
  const trace = new Trace(agent.name, undefined, context, undefined);
  let own = params;
  try {
    if (input !== undefined) own = input(params);
  } catch (cause) {
    return trace.failure(
      trace.make(
        `Cannot call "${agent.name}" as the input of the branch "${name}" threw: see the cause`,
        {
          code: "invalid_params",
          cause,
        },
      ),
    );
  }
  return await agent.settle(own, options);
}

/** The result of a branch that was never begun: the workflow was aborted, or the money was spent. */
function notStarted(
  agent: Callable,
  signal: AbortSignal,
  maxCost: number | undefined,
  context: CallContext,
): Result {
  const trace = new Trace(agent.name, undefined, context, undefined);
  if (signal.aborted) return trace.failure(trace.error(signal.reason, signal));
  const message =
    `Cannot call "${agent.name}" as the workflow's maxCost of ${maxCost} US dollars is reached`;
  return trace.failure(trace.make(message, { code: "budget" }));
}
