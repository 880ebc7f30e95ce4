import { type Callable, isCallable } from "../call/options/callable.ts";
import { callback, checkOptions, isRecord, refuse, text } from "../model/check_options.ts";
import {
  Sequence,
  SEQUENCE_RULES,
  type SequenceOptions,
  type SequenceResult,
  type SequenceWorkflow,
} from "./sequence.ts";

/** How a pipeline ended. */
export type PipelineResult<Content = unknown> = SequenceResult<Content>;

/** Agents that are called one after another. It can stand in a batch and in another workflow. */
export type Pipeline<Params = unknown, Content = unknown> = SequenceWorkflow<
  Params,
  Content,
  PipelineResult<Content>
>;

/**
 * A step of a pipeline: an agent whose parameters are what the step before answered, or one with a function that makes them from
 * it. `all` is what the pipeline was called with, and then what each step answered.
 */
export type Step<In, All extends readonly unknown[], Params, Content> = Callable<In, Content> | {
  /** Who is called. */
  readonly agent: Callable<Params, Content>;
  /** Makes the parameters; what it throws fails the pipeline with the code `invalid_params`. */
  readonly params: (content: In, all: All) => Params;
};

/** What a pipeline is made of. */
export interface PipelineOptions<Steps = readonly unknown[]> extends SequenceOptions {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** The steps, at least one. */
  readonly steps: Steps;
}

/** The steps with everything else, or only the steps: then their names make the pipeline's. */
export type Steps<S extends readonly unknown[]> = PipelineOptions<S> | S;

/** Any step. */
// deno-lint-ignore no-explicit-any
export type AnyStep = Step<any, any, any, any>;

const RULES = {
  ...SEQUENCE_RULES,
  steps: () => {},
};

/**
 * Calls agents one after another, each with what the one before answered: the sequential twin of `defineParallel`.
 *
 * The steps are typed up to the sixth: what an agent answers must be what the next one takes, or a function must make it so. A step that fails
 * ends the whole.
 *
 * @throws {TypeError} If an option is missing, not known or of the wrong type.
 *
 * @example
 * ```ts
 * import { defineAgent, definePipeline } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("a text");
 * const Draft = defineAgent({ name: "draft", model: "m", prompt: "Write on {topic}", provider });
 * const Polish = defineAgent({ name: "polish", model: "m", prompt: "Polish this for {reader}: {draft}", provider });
 *
 * const Article = definePipeline({
 *   name: "article",
 *   steps: [
 *     Draft,
 *     { agent: Polish, params: (draft, [{ topic }]) => ({ draft, reader: `friends of ${topic}` }) },
 *   ],
 * });
 * const { content, steps } = await Article.call({ topic: "fish" });
 * console.log(content, steps.length); // a text 2
 * ```
 */
export function definePipeline<P, X1, C1>(
  steps: Steps<readonly [Step<P, readonly [P], X1, C1>]>,
): Pipeline<P, C1>;
/** Calls two agents one after another. */
export function definePipeline<P, X1, C1, X2, C2>(
  steps: Steps<readonly [Step<P, readonly [P], X1, C1>, Step<C1, readonly [P, C1], X2, C2>]>,
): Pipeline<P, C2>;
/** Calls three agents one after another. */
export function definePipeline<P, X1, C1, X2, C2, X3, C3>(
  steps: Steps<
    readonly [
      Step<P, readonly [P], X1, C1>,
      Step<C1, readonly [P, C1], X2, C2>,
      Step<C2, readonly [P, C1, C2], X3, C3>,
    ]
  >,
): Pipeline<P, C3>;
/** Calls four agents one after another. */
export function definePipeline<P, X1, C1, X2, C2, X3, C3, X4, C4>(
  steps: Steps<
    readonly [
      Step<P, readonly [P], X1, C1>,
      Step<C1, readonly [P, C1], X2, C2>,
      Step<C2, readonly [P, C1, C2], X3, C3>,
      Step<C3, readonly [P, C1, C2, C3], X4, C4>,
    ]
  >,
): Pipeline<P, C4>;
/** Calls five agents one after another. */
export function definePipeline<P, X1, C1, X2, C2, X3, C3, X4, C4, X5, C5>(
  steps: Steps<
    readonly [
      Step<P, readonly [P], X1, C1>,
      Step<C1, readonly [P, C1], X2, C2>,
      Step<C2, readonly [P, C1, C2], X3, C3>,
      Step<C3, readonly [P, C1, C2, C3], X4, C4>,
      Step<C4, readonly [P, C1, C2, C3, C4], X5, C5>,
    ]
  >,
): Pipeline<P, C5>;
/** Calls six agents one after another. */
export function definePipeline<P, X1, C1, X2, C2, X3, C3, X4, C4, X5, C5, X6, C6>(
  steps: Steps<
    readonly [
      Step<P, readonly [P], X1, C1>,
      Step<C1, readonly [P, C1], X2, C2>,
      Step<C2, readonly [P, C1, C2], X3, C3>,
      Step<C3, readonly [P, C1, C2, C3], X4, C4>,
      Step<C4, readonly [P, C1, C2, C3, C4], X5, C5>,
      Step<C5, readonly [P, C1, C2, C3, C4, C5], X6, C6>,
    ]
  >,
): Pipeline<P, C6>;
/** Calls more agents one after another than the compiler follows. */
export function definePipeline<P = unknown, C = unknown>(
  steps: Steps<
    readonly [AnyStep, AnyStep, AnyStep, AnyStep, AnyStep, AnyStep, AnyStep, ...AnyStep[]]
  >,
): Pipeline<P, C>;
export function definePipeline(given: Steps<readonly AnyStep[]>): Pipeline {
  const options = Array.isArray(given) ? { name: nameOf(given), steps: given } : given;
  if (!isRecord(options)) {
    refuse("define a pipeline", "its options", "an object or a list of steps", options);
  }
  text("define a pipeline", "name", options.name);
  const doing = `define the pipeline "${options.name}"`;
  const { name, steps, ...others } = options as PipelineOptions<readonly AnyStep[]>;
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

/** A step, with the function that makes its parameters: where there is none, they are what came before. */
function mappedStep(doing: string, step: AnyStep, i: number): Exclude<AnyStep, Callable> {
  if (isCallable(step)) return { agent: step, params: (content: unknown) => content };
  const where = `steps[${i}]`;
  if (!isRecord(step) || !isCallable(step.agent)) {
    refuse(doing, where, "an agent or { agent, params }", step);
  }
  checkOptions(`${doing}: ${where}`, step, { agent: () => {}, params: callback });
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
