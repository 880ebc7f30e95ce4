import { isCallable } from "../call/options/callable.ts";
import { prepareInput } from "../output/prepare_input.ts";
import type { Schema } from "../output/standard_schema.ts";
import { budget } from "../model/budget.ts";
import {
  anything,
  callback,
  checkOptions,
  flag,
  isRecord,
  positiveInteger,
  refuse,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import { totalTimeout } from "../call/options/timeouts.ts";
import { Parallel } from "./parallel.ts";
import type {
  Branch,
  BranchContents,
  Branches,
  ParallelOptions,
  Workflow,
  WorkflowParams,
} from "./workflow.ts";

const BRANCH_RULES: RulesFor<Branch> = { agent: anything, optional: flag, input: callback };

const RULES: RulesFor<ParallelOptions> = {
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
      checkOptions(`${doing}: branch "${key}"`, branch, BRANCH_RULES);
    }
  },
  params: (doing, name, value) => void prepareInput(doing, name, value as Schema),
  failFast: flag,
  concurrency: positiveInteger,
  timeout: totalTimeout,
  budget,
  aggregate: callback,
};

/**
 * Defines a workflow whose branches process the same parameters concurrently.
 *
 * It is called like an agent, with the parameters of all branches together, and can be part of a
 * batch or of another workflow. Its usage, cost and attempts are the sums over all branches.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { defineAgent, defineParallel } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("fine");
 * const base = { model: "gpt-5-mini", provider };
 * const Sentiment = defineAgent({ ...base, name: "sentiment", prompt: "Label: {text}" });
 * const Summary = defineAgent({ ...base, name: "summary", prompt: "Summarise: {text}" });
 *
 * const ReviewAnalyzer = defineParallel({
 *   name: "review-analyzer",
 *   branches: { sentiment: Sentiment, summary: { agent: Summary, optional: true } },
 * });
 * const { status, content } = await ReviewAnalyzer.call({ text: "Great product!" });
 * console.log(status, content.sentiment); // success fine
 * ```
 */
export function defineParallel<const B extends Branches, Content = BranchContents<B>>(
  options: ParallelOptions<B, Content>,
): Workflow<WorkflowParams<B>, B, Content> {
  return define(options) as unknown as Workflow<WorkflowParams<B>, B, Content>;
}

function define(options: unknown): Parallel {
  if (!isRecord(options)) refuse("define a workflow", "its options", "an object", options);
  text("define a workflow", "name", options.name);
  const doing = `define the workflow "${options.name}"`;
  if (options.branches === undefined) refuse(doing, "branches", "an object of agents", undefined);
  checkOptions(doing, options, RULES);
  return new Parallel({ ...options } as unknown as ParallelOptions<Branches, unknown>);
}
