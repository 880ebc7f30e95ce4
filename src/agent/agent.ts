import type { DryRun, Result, Success } from "../model/result.ts";
import type { AsToolOptions } from "./as_tool.ts";
import type { AgentStream } from "./agent_stream.ts";
import type { Callable } from "../call/options/callable.ts";
import type { AgentOverrides, CallOptions } from "../call/options/options.ts";
import type { PromptPart } from "../call/options/prompt_parts.ts";
import type { Tool } from "../call/options/tool.ts";

/** Something that answers, defined in code and called with parameters. */
export interface Agent<Params = unknown, Content = unknown> extends Callable<Params, Content> {
  /** The name, as it stands in results and errors. */
  readonly name: string;
  /** What the agent is for. */
  readonly description?: string;
  /** The model it asks; absent if that is left to `configure`, or if it is made of other agents. */
  readonly model?: string;
  /**
   * Says what a call would send, and sends nothing.
   *
   * @throws {AgentError} If the parameters do not fit.
   * @throws {TypeError} If an option is wrong, no model or provider is named, or the agent is made of others.
   */
  call(params: Params, options: CallOptions & { readonly dryRun: true }): Promise<DryRun>;
  /**
   * Calls the agent.
   *
   * @throws {AgentError} If the call fails.
   * @throws {TypeError} If an option is wrong, or no model or provider is named; then nothing was sent.
   */
  call(params: Params, options?: CallOptions): Promise<Success<Content>>;
  /**
   * Calls the agent; a failure is a value.
   *
   * @throws {TypeError} If an option is wrong, or no model or provider is named; then nothing was sent.
   */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
  /** Calls the agent and gives its answer piece by piece. */
  stream(params: Params, options?: CallOptions): AgentStream<Content>;
  /**
   * Asks the agent something else than its prompt does: the message takes the prompt's place.
   *
   * @throws {AgentError} If the call fails.
   */
  ask(message: string | readonly PromptPart[], options?: CallOptions): Promise<Success<Content>>;
  /**
   * The agent as a tool, for the `tools` of another one. What the model must give it are its parameters: those that `params`
   * describes, or the placeholders of its template.
   *
   * @throws {TypeError} If an option is wrong, or if it has neither.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
  /** The same agent with other settings; this one stays as it is. */
  with(overrides: AgentOverrides): Agent<Params, Content>;
}
