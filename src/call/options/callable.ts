import type { JsonSchema } from "../../model/message.ts";
import type { Result } from "../../model/result.ts";
import type { CallOptions } from "./options.ts";

/** Whatever can stand in a batch: an agent or a workflow. */
// deno-lint-ignore no-explicit-any
export interface Callable<Params = any, Content = any> {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /**
   * The JSON Schema of its parameters, as far as it is known.
   *
   * @throws {TypeError} If the schema that describes them has none.
   */
  paramsSchema?(): JsonSchema | undefined;
  /** The JSON Schema of what it answers, where that has an `output`: as the model is asked for it. */
  outputSchema?(): JsonSchema | undefined;
  /** Calls it; a failure is a value here, not a throw. */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
}

/** The parameters of an agent or a workflow. */
// deno-lint-ignore no-explicit-any
export type ParamsOf<A> = A extends Callable<infer Params, any> ? Params : never;

/** What an agent or a workflow answers. */
export type ContentOf<A> = A extends {
  settle(params: never, options?: CallOptions): Promise<infer R>;
} ? R extends { readonly ok: true; readonly content: infer Content } ? Content : never
  : never;

/** One call that a run is to make: whom, with what, and how. */
export type AgentCall<A extends Callable = Callable> = readonly [
  agent: A,
  params: ParamsOf<A>,
  options?: CallOptions,
];

/** Can it stand in a batch? */
export function isCallable(value: unknown): value is Callable {
  return typeof value === "object" && value !== null &&
    typeof (value as Callable).name === "string" &&
    typeof (value as Callable).settle === "function";
}
