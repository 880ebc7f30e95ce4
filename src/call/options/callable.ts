import type { JsonSchema } from "../../model/message.ts";
import type { Result } from "../../model/result.ts";
import type { CallOptions } from "./options.ts";

/** An agent or a workflow. */
// deno-lint-ignore no-explicit-any
export interface Callable<Params = any, Content = any> {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /** What the agent is for. */
  readonly description?: string;
  /**
   * Returns the JSON Schema of the parameters, or `undefined` if it is unknown.
   *
   * @throws {TypeError} If the `params` schema has no JSON Schema.
   */
  paramsSchema?(): JsonSchema | undefined;
  /** Returns the JSON Schema of the content, or `undefined` without an `output` schema. */
  outputSchema?(): JsonSchema | undefined;
  /** Calls the agent; a failure is returned, not thrown. */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
}

/** The parameters of an agent or a workflow. */
// deno-lint-ignore no-explicit-any
export type ParamsOf<A> = A extends Callable<infer Params, any> ? Params : never;

/** The content that an agent or a workflow returns. */
export type ContentOf<A> = A extends {
  settle(params: never, options?: CallOptions): Promise<infer R>;
} ? R extends { readonly ok: true; readonly content: infer Content } ? Content : never
  : never;

/** A call of a run: the agent, its parameters and the options of the call. */
export type AgentCall<A extends Callable = Callable> = readonly [
  agent: A,
  params: ParamsOf<A>,
  options?: CallOptions,
];

/** Whether the value is an agent or a workflow. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === "object" && value !== null &&
    typeof (value as Callable).name === "string" &&
    typeof (value as Callable).settle === "function";
}
