import type { AsToolOptions } from "../agent/as_tool.ts";
import type { Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Schema } from "../output/standard_schema.ts";
import type { Tool } from "../call/options/tool.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { AgentError, Failure, Result, Success } from "../model/result.ts";
import type { TotalTimeout } from "../call/options/timeouts.ts";

/** A branch of a workflow with options of its own. */
export interface Branch<A extends Callable = Callable, Params = never> {
  /** The agent or workflow that is called. */
  readonly agent: A;
  /**
   * Whether the branch may fail. The status of the workflow is then `partial`.
   *
   * @default {false}
   */
  readonly optional?: boolean;
  /** Returns the parameters of the branch. Without it they are those of the workflow. */
  readonly input?: (params: Params) => ParamsOf<A>;
}

/** The branches of a workflow, by name. */
export type Branches = Readonly<Record<string, Callable | Branch>>;

/**
 * The type that a branch must have: an unknown option and a wrong `input` are reported where they
 * stand.
 *
 * @internal
 */
export type CheckedBranch<B> = B extends Callable ? B
  : B extends { readonly agent: infer A extends Callable } ? Branch<A, ParamsOfBranch<B>>
  : Callable | Branch;

/**
 * The agent of a branch.
 *
 * @internal
 */
export type AgentOf<B> = B extends { readonly agent: infer A extends Callable } ? A
  : B extends Callable ? B
  : never;

/**
 * The parameters that a branch takes from those of the workflow.
 *
 * @internal
 */
export type ParamsOfBranch<B> = B extends { readonly input: (params: infer P) => unknown } ? P
  : ParamsOf<AgentOf<B>>;

/**
 * The parameters of a workflow: those of all its branches together.
 *
 * @internal
 */
export type WorkflowParams<B extends Branches> = (
  { [K in keyof B]: (params: ParamsOfBranch<B[K]>) => void }[keyof B]
) extends (params: infer P) => void ? P : never;

/**
 * The results of the branches of a workflow, by name.
 *
 * @internal
 */
export type BranchResults<B extends Branches> = {
  readonly [K in keyof B]: Result<ContentOf<AgentOf<B[K]>>>;
};

/**
 * The contents of the branches of a workflow, by name: an optional branch that failed has none.
 *
 * @internal
 */
export type BranchContents<B extends Branches> = {
  readonly [K in keyof B]: B[K] extends Callable ? ContentOf<B[K]>
    : B[K] extends { readonly optional: false } ? ContentOf<AgentOf<B[K]>>
    : B[K] extends { readonly optional?: boolean } & { readonly agent: Callable }
      ? "optional" extends keyof B[K] ? ContentOf<AgentOf<B[K]>> | undefined
      : ContentOf<AgentOf<B[K]>>
    : never;
};

/** A workflow that succeeded, if only in part. */
export interface WorkflowSuccess<B extends Branches = Branches, Content = BranchContents<B>>
  extends Success<Content> {
  /** `success`: every branch succeeded; `partial`: all but optional ones did. */
  readonly status: "success" | "partial";
  /** What `aggregate` returned, or else the contents of the branches that succeeded, by name. */
  readonly content: Content;
  /** How each branch ended, in the order in which they are defined. */
  readonly branches: BranchResults<B>;
  /** The errors of the branches that failed, by name. */
  readonly errors: { readonly [K in keyof B]?: AgentError };
}

/** A workflow that failed. Its branches hold the results that were finished. */
export interface WorkflowFailure<B extends Branches = Branches> extends Failure {
  /** The same in a word. */
  readonly status: "error";
  /** How each branch ended, in the order in which they are defined. */
  readonly branches: BranchResults<B>;
  /** The errors of the branches that failed, by name. */
  readonly errors: { readonly [K in keyof B]?: AgentError };
}

/** How a workflow ended: a union on `ok`. */
export type WorkflowResult<B extends Branches = Branches, Content = BranchContents<B>> =
  | WorkflowSuccess<B, Content>
  | WorkflowFailure<B>;

/** A workflow whose branches run at the same time. Made by `defineParallel`. */
export interface Workflow<
  Params = unknown,
  B extends Branches = Branches,
  Content = BranchContents<B>,
> extends Callable<Params, Content> {
  /** What the workflow is for. */
  readonly description?: string;
  /**
   * Returns the workflow as a tool, for the `tools` of an agent. Its arguments are the
   * parameters: those of the `params` schema, or those of all branches together.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are not known.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
  /**
   * Runs the branches. A failed optional branch is no failure: the status is `partial` then.
   *
   * @throws {AgentError} If a branch that is not optional, or `aggregate`, fails. Its `result` is
   * the whole failure, with the results of all `branches`, which were paid for.
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is not known;
   * then nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<WorkflowSuccess<B, Content>>;
  /**
   * Runs the branches; a failure is a value.
   *
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is not known;
   * then nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<WorkflowResult<B, Content>>;
}

/** Options of a parallel workflow. */
export interface ParallelOptions<B extends Branches = Branches, Content = BranchContents<B>> {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /** What the workflow is for, in a sentence. */
  readonly description?: string;
  /** The agents or workflows that run, by name, or `{ agent, optional, input }`. */
  readonly branches: { readonly [K in keyof B]: CheckedBranch<B[K]> };
  /**
   * A schema that checks the parameters of each call. Nothing is run for parameters that do not
   * fit. Without it, each branch checks its own.
   */
  readonly params?: Schema;
  /**
   * Aborts the other branches as soon as one that is not optional fails.
   *
   * @default {false}
   */
  readonly failFast?: boolean;
  /**
   * How many branches run at the same time.
   *
   * @default All of them
   */
  readonly concurrency?: number;
  /**
   * The time the whole may take, in milliseconds.
   *
   * @default The total that `configure` sets, if any
   */
  readonly timeout?: TotalTimeout;
  /**
   * What the whole may spend at most. Each attempt reserves what it will probably take before it
   * is sent, so branches that run together keep to it as well; one for which too little is left
   * fails with the code `budget`. What is in flight is finished and counts.
   */
  readonly budget?: BudgetOptions;
  /**
   * Makes the content from the results of the branches; not called if one failed that is not
   * optional. May be async.
   */
  readonly aggregate?: (branches: BranchResults<B>) => Content | Promise<Content>;
}
