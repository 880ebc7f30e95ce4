import type { AsToolOptions } from "../agent/as_tool.ts";
import type { Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Schema } from "../output/standard_schema.ts";
import type { Tool } from "../call/options/tool.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { AgentError, Failure, Result, Success } from "../model/result.ts";
import type { TotalTimeout } from "../call/options/timeouts.ts";

/** A branch of a workflow with its own options. */
export interface Branch<A extends Callable = Callable, Params = never> {
  /** The agent or workflow that is called. */
  readonly agent: A;
  /**
   * Whether the branch may fail. The status of the workflow is then `partial`.
   *
   * @default {false}
   */
  readonly optional?: boolean;
  /**
   * Returns the parameters of the branch from those of the workflow.
   *
   * @default The parameters of the workflow
   */
  readonly input?: (params: Params) => ParamsOf<A>;
}

/** The branches of a workflow, by name. */
export type Branches = Readonly<Record<string, Callable | Branch>>;

/**
 * The type that a branch must have besides its own. It makes the compiler report unknown options
 * and a wrong `input` at their place. TypeScript 5 would infer no parameters of `input` if this
 * were its only type, or mentioned them.
 *
 * @internal
 */
export type CheckedBranch<B> = B extends Callable ? B
  : B extends { readonly agent: infer A extends Callable } ? Branch<A> & WithoutOthers<B, Branch>
  : Callable | Branch;

/**
 * Reports options that do not exist.
 *
 * @internal
 */
export type WithoutOthers<Given, Known> = {
  readonly [Name in Exclude<keyof Given, keyof Known>]: UnknownOption;
};

/**
 * The type of an option that does not exist: no value has it.
 *
 * @internal
 */
export interface UnknownOption {
  /** Never set. */
  readonly unknownOption: never;
}

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
 * The contents of the branches of a workflow, by name. Optional branches that failed have none.
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

/** A workflow that succeeded, fully or in part. */
export interface WorkflowSuccess<B extends Branches = Branches, Content = BranchContents<B>>
  extends Success<Content> {
  /** `success` if all branches succeeded; `partial` if only optional ones failed. */
  readonly status: "success" | "partial";
  /** The value that `aggregate` returned, or else the contents of the branches, by name. */
  readonly content: Content;
  /** The result of each branch, in the order of their definition. */
  readonly branches: BranchResults<B>;
  /** The errors of the branches that failed, by name. */
  readonly errors: { readonly [K in keyof B]?: AgentError };
}

/** A workflow that failed. Its `branches` hold the finished results. */
export interface WorkflowFailure<B extends Branches = Branches> extends Failure {
  /** The outcome in a word. */
  readonly status: "error";
  /** The result of each branch, in the order of their definition. */
  readonly branches: BranchResults<B>;
  /** The errors of the branches that failed, by name. */
  readonly errors: { readonly [K in keyof B]?: AgentError };
}

/** The result of a workflow: a union on `ok`. */
export type WorkflowResult<B extends Branches = Branches, Content = BranchContents<B>> =
  | WorkflowSuccess<B, Content>
  | WorkflowFailure<B>;

/** A workflow whose branches run concurrently. Created by `defineParallel`. */
export interface Workflow<
  Params = unknown,
  B extends Branches = Branches,
  Content = BranchContents<B>,
> extends Callable<Params, Content> {
  /** The purpose of the workflow. */
  readonly description?: string;
  /**
   * Returns the workflow as a tool, for the `tools` of an agent. Its arguments are the
   * parameters: those of the `params` schema, or those of all branches together.
   *
   * @throws {TypeError} If an option is wrong, or if the parameters are unknown.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
  /**
   * Runs the branches. If only optional branches fail, the workflow succeeds with the status
   * `partial`.
   *
   * @throws {AgentError} If a branch that is not optional, or `aggregate`, fails. Its `result` is
   * the whole failure, with the results of all `branches`, which were paid for.
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is unknown. In that
   * case nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<WorkflowSuccess<B, Content>>;
  /**
   * Runs the branches and returns a failure as a value.
   *
   * @throws {TypeError} If an option is wrong, or a price that a `budget` needs is unknown. In that
   * case nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<WorkflowResult<B, Content>>;
}

/** Options of a parallel workflow. */
export interface ParallelOptions<B extends Branches = Branches, Content = BranchContents<B>> {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /** The purpose of the workflow, in a sentence. */
  readonly description?: string;
  /** The agents or workflows that run, by name, or `{ agent, optional, input }`. */
  readonly branches: B & { readonly [K in keyof B]: CheckedBranch<B[K]> };
  /**
   * A schema that checks the parameters of each call. Nothing runs for parameters that fail it.
   * Without it, each branch checks its own.
   *
   * @default None
   */
  readonly params?: Schema;
  /**
   * Whether to abort the other branches as soon as a required one fails.
   *
   * @default {false}
   */
  readonly failFast?: boolean;
  /**
   * The maximum number of branches that run at once: a positive integer.
   *
   * @default All of them
   */
  readonly concurrency?: number;
  /**
   * The time limit of the whole call, in milliseconds, above 0.
   *
   * @default The total given to `configure`, if any
   */
  readonly timeout?: TotalTimeout;
  /**
   * The maximum that each call of the workflow may spend. Each attempt reserves what it may use
   * before it is sent, so concurrent branches keep to it, too. If too little is left, the call
   * fails with the code `budget`. Attempts in flight finish and count.
   *
   * @default No budget of its own
   */
  readonly budget?: BudgetOptions;
  /**
   * Returns the content from the results of the branches. Not called if a required branch failed.
   * May be async. If it throws, the call fails with the code `tool`.
   *
   * @default The contents of the branches, by name
   */
  readonly aggregate?: (branches: BranchResults<B>) => Content | Promise<Content>;
}
