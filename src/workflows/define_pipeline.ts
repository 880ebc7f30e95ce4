import { type Callable, type ContentOf, isCallable } from "../call/options/callable.ts";
import {
  anything,
  callback,
  checkOptions,
  isRecord,
  refuse,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import {
  Sequence,
  SEQUENCE_RULES,
  type SequenceOptions,
  type SequenceResult,
  type SequenceWorkflow,
} from "./sequence.ts";
import type { AgentOf } from "./workflow.ts";

/** The result of a pipeline. */
export type PipelineResult<Content = unknown> = SequenceResult<Content>;

/** A workflow that calls agents one after another. Created by {@linkcode definePipeline}. */
export type Pipeline<Params = unknown, Content = unknown> = SequenceWorkflow<
  Params,
  Content,
  PipelineResult<Content>
>;

/**
 * A step of a pipeline: an agent whose parameters are the content of the step before, or one with a
 * function that returns its parameters.
 */
export type Step<In, All extends readonly unknown[], Params, Content> =
  | Callable<In, Content>
  | MappedStep<In, All, Params, Content>;

/** A step of a pipeline with a function that returns its parameters. */
export interface MappedStep<In, All extends readonly unknown[], Params, Content> {
  /** The agent or workflow that is called. */
  readonly agent: Callable<Params, Content>;
  /**
   * Returns the parameters of the agent. If it throws, the pipeline fails with the code `tool`.
   *
   * @param content The content of the step before; for the first step the pipeline's parameters.
   * @param all The pipeline's parameters, followed by the content of each step before.
   */
  readonly params: (content: In, all: All) => Fixed<Params>;
}

/** Options of a pipeline. */
export interface PipelineOptions<Steps = readonly unknown[], Name extends string = string>
  extends SequenceOptions {
  /** The name, as it appears in results and errors. */
  readonly name: Name;
  /** The steps, at least one. */
  readonly steps: Steps;
}

/**
 * The options of a pipeline, or only its steps. Its name is then composed of theirs.
 *
 * `Name` is `never` if there are no options. If there are, the list is removed from the union, so
 * that an unknown option is reported with the nearest known one.
 *
 * @internal
 */
export type PipelineInput<Steps extends readonly unknown[], Name extends string> =
  & (PipelineOptions<Steps, Name> | Steps)
  & ([Name] extends [never] ? unknown : NoList);

/**
 * Excludes lists: options have no `length`.
 *
 * @internal
 */
export interface NoList {
  /** Always absent. */
  readonly length?: undefined;
}

/**
 * The same type, but nothing is inferred from it: a wrong value is reported where it is, instead of
 * changing the type of its neighbors.
 *
 * @internal
 */
export type Fixed<T> = [T][T extends unknown ? 0 : never];

/**
 * The content of the last of the steps after the sixth, or `Sixth` if there are none.
 *
 * @internal
 */
export type LastContent<More extends readonly unknown[], Sixth> = number extends More["length"]
  ? Sixth
  : More extends readonly [...unknown[], infer Last] ? ContentOf<AgentOf<Last>>
  : Sixth;

// deno-lint-ignore no-explicit-any
type AnyStep = Step<any, any, any, any>;

const STEP_RULES: RulesFor<MappedStep<never, never, never, never>> = {
  agent: anything,
  params: callback,
};

const RULES: RulesFor<PipelineOptions> = {
  ...SEQUENCE_RULES,
  steps: anything,
};

/**
 * Defines a workflow that calls agents one after another, each with the content of the one before.
 *
 * The content of each agent must fit the parameters of the next one, or a function must convert it:
 * the compiler checks that for the first six steps. A step that fails ends the pipeline.
 *
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 *
 * @example
 * ```ts
 * import { defineAgent, definePipeline } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("a text");
 * const Draft = defineAgent({ name: "draft", model: "m", prompt: "Write on {topic}", provider });
 * const prompt = "Polish this for {reader}: {draft}";
 * const Polish = defineAgent({ name: "polish", model: "m", prompt, provider });
 *
 * const Article = definePipeline({
 *   name: "article",
 *   steps: [
 *     Draft,
 *     {
 *       agent: Polish,
 *       params: (draft, [{ topic }]) => ({ draft, reader: `friends of ${topic}` }),
 *     },
 *   ],
 * });
 * const { content, steps } = await Article.call({ topic: "fish" });
 * console.log(content, steps.length); // a text 2
 * ```
 */
export function definePipeline<
  P,
  C1,
  X1,
  X2,
  X3,
  X4,
  X5,
  X6,
  // deno-lint-ignore no-explicit-any
  More extends readonly Step<any, any, any, any>[],
  C2 = C1,
  C3 = C2,
  C4 = C3,
  C5 = C4,
  C6 = C5,
  Name extends string = never,
>(
  steps: PipelineInput<
    readonly [
      Step<P, readonly [P], X1, C1>,
      Step<Fixed<C1>, readonly [P, C1], X2, C2>?,
      Step<Fixed<C2>, readonly [P, C1, C2], X3, C3>?,
      Step<Fixed<C3>, readonly [P, C1, C2, C3], X4, C4>?,
      Step<Fixed<C4>, readonly [P, C1, C2, C3, C4], X5, C5>?,
      Step<Fixed<C5>, readonly [P, C1, C2, C3, C4, C5], X6, C6>?,
      ...More,
    ],
    Name
  >,
): Pipeline<P, LastContent<More, C6>> {
  return define(steps) as Pipeline<P, LastContent<More, C6>>;
}

function define(given: unknown): Pipeline {
  const options = Array.isArray(given) ? { name: nameOf(given), steps: given } : given;
  if (!isRecord(options)) {
    refuse("define a pipeline", "its options", "an object or a list of steps", options);
  }
  text("define a pipeline", "name", options.name);
  const doing = `define the pipeline "${options.name}"`;
  const { name, steps, ...others } = options as unknown as PipelineOptions<readonly AnyStep[]>;
  checkOptions(doing, { name, steps, ...others }, RULES);
  if (!Array.isArray(steps) || steps.length === 0) {
    refuse(doing, "steps", "a list with at least one agent", steps);
  }
  const mapped = steps.map((step: AnyStep, i) => mappedStep(doing, step, i));
  const [first] = steps as readonly AnyStep[];
  return new Sequence({
    name,
    options: others,
    definition: { steps },
    paramsSchema: () => isCallable(first) ? first.paramsSchema?.() : undefined,
    async run(params, call) {
      const all = [params];
      for (const { agent, params } of mapped) {
        all.push(await call(agent, () => params(all.at(-1), [...all])));
      }
      return all.at(-1);
    },
  });
}

/** Returns a step with a function: without one, the parameters are the content before it. */
function mappedStep(doing: string, step: AnyStep, i: number): Exclude<AnyStep, Callable> {
  if (isCallable(step)) return { agent: step, params: (content: unknown) => content };
  const where = `steps[${i}]`;
  if (!isRecord(step) || !isCallable(step.agent)) {
    refuse(doing, where, "an agent or { agent, params }", step);
  }
  checkOptions(`${doing}: ${where}`, step, STEP_RULES);
  callback(doing, `${where}.params`, step.params);
  return step as Exclude<AnyStep, Callable>;
}

function nameOf(steps: readonly unknown[]): string {
  const names = steps.map((step) => {
    const agent = isCallable(step) ? step : (step as { agent?: unknown } | undefined)?.agent;
    return isCallable(agent) ? agent.name : "?";
  });
  return names.join(" → ") || "pipeline";
}
