import type { AsToolOptions } from "../agent/as_tool.ts";
import type { Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Schema } from "../output/standard_schema.ts";
import type { Tool } from "../call/options/tool.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { AgentError, Failure, Result, Success } from "../model/result.ts";
import type { TotalTimeout } from "../call/options/timeouts.ts";

/** A branch of a workflow, with what is said about it. */
export interface Branch<A extends Callable = Callable, Params = never> {
  /** Who is called. */
  readonly agent: A;
  /**
   * Whether it may fail. The workflow then succeeds without it, with the status `partial`.
   *
   * @default {false}
   */
  readonly optional?: boolean;
  /** Makes the branch's parameters from those of the workflow. Without it they are the same. */
  readonly input?: (params: Params) => ParamsOf<A>;
}

/** The branches of a workflow, by name. */
export type Branches = Readonly<Record<string, Callable | Branch>>;

/** The agent of a branch. */
export type AgentOf<B> = B extends { readonly agent: infer A extends Callable } ? A
  : B extends Callable ? B
  : never;

/** The parameters of a branch, as the workflow is given them. */
export type ParamsOfBranch<B> = B extends { readonly input: (params: infer P) => unknown } ? P
  : ParamsOf<AgentOf<B>>;

/** The parameters that a workflow needs: those of all its branches together. */
export type WorkflowParams<B extends Branches> = (
  { [K in keyof B]: (params: ParamsOfBranch<B[K]>) => void }[keyof B]
) extends (params: infer P) => void ? P : never;

/** How each branch of a workflow ended. */
export type BranchResults<B extends Branches> = {
  readonly [K in keyof B]: Result<ContentOf<AgentOf<B[K]>>>;
};

/** The contents of the branches of a workflow; an optional branch that failed has none. */
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

/** A workflow that failed: its branches tell what was finished all the same. */
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

/** Several agents that work on the same input at the same time. It can stand in a batch and in another workflow. */
export interface Workflow<
  Params = unknown,
  B extends Branches = Branches,
  Content = BranchContents<B>,
> extends Callable<Params, Content> {
  /** What the workflow is for. */
  readonly description?: string;
  /**
   * The workflow as a tool, for the `tools` of an agent. What the model must give it are its parameters: those that `params`
   * describes, or those of all branches together.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are not known.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
  /**
   * Runs the branches. A failed optional branch is no failure: the status is `partial` then.
   *
   * @throws {AgentError} If a branch that is not optional, or `aggregate`, fails. Its `result` is
   * the whole failure, with the results of all `branches`, which were paid for.
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is not known; then
   * nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<WorkflowSuccess<B, Content>>;
  /**
   * Runs the branches; a failure is a value.
   *
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is not known; then
   * nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<WorkflowResult<B, Content>>;
}

/** What a parallel workflow is made of. */
export interface ParallelOptions<B extends Branches = Branches, Content = BranchContents<B>> {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What the workflow is for, in a sentence. */
  readonly description?: string;
  /** The agents or workflows that run, by name; `{ agent, optional, input }` to say more about one. */
  readonly branches: B;
  /** A schema that checks the parameters of each call; what fails it is not run. Where it is absent, that is left to the branches. */
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
   * What the whole may spend at most. Each attempt reserves what it will probably take before it is
   * sent, so branches that run together keep to it as well; one for which too little is left fails
   * with the code `budget`. What is in flight is finished and counts.
   */
  readonly budget?: BudgetOptions;
  /** Makes the content from the results of the branches; not called if one failed that is not optional. May be async. */
  readonly aggregate?: (branches: BranchResults<B>) => Content | Promise<Content>;
}
