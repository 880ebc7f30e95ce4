import type { DryRun, Result, Success } from "../model/result.ts";
import type { AsToolOptions } from "./as_tool.ts";
import type { AgentStream } from "./agent_stream.ts";
import type { Callable } from "../call/options/callable.ts";
import type { AgentOverrides, CallOptions } from "../call/options/options.ts";
import type { PromptPart } from "../call/options/prompt_parts.ts";
import type { Tool } from "../call/options/tool.ts";

/** An agent: called with parameters, it returns content. Created by `defineAgent`. */
export interface Agent<Params = unknown, Content = unknown> extends Callable<Params, Content> {
  /** The name, as it appears in results and errors. */
  readonly name: string;
  /** What the agent is for. */
  readonly description?: string;
  /** The model. Absent if `configure` sets it, or if the agent calls other agents. */
  readonly model?: string;
  /**
   * Returns what a call would send, without sending it.
   *
   * @throws {AgentError} If the parameters are invalid.
   * @throws {TypeError} If an option is invalid, there is no model or provider, or the agent calls
   * other agents.
   */
  call(params: Params, options: CallOptions & { readonly dryRun: true }): Promise<DryRun>;
  /**
   * Calls the agent.
   *
   * @throws {AgentError} If the call fails.
   * @throws {TypeError} If an option is invalid, or there is no model or provider. Nothing was
   * sent.
   */
  call(params: Params, options?: CallOptions): Promise<Success<Content>>;
  /**
   * Calls the agent; a failure is returned, not thrown.
   *
   * @throws {TypeError} If an option is invalid, or there is no model or provider. Nothing was
   * sent.
   */
  settle(params: Params, options?: CallOptions): Promise<Result<Content>>;
  /** Calls the agent and streams the answer. */
  stream(params: Params, options?: CallOptions): AgentStream<Content>;
  /**
   * Calls the agent with this message instead of its prompt.
   *
   * @throws {AgentError} If the call fails.
   */
  ask(message: string | readonly PromptPart[], options?: CallOptions): Promise<Success<Content>>;
  /**
   * Returns the agent as a tool, for the `tools` of another agent. Its arguments are the agent's
   * parameters: those of the `params` schema, or the placeholders of the template.
   *
   * @throws {TypeError} If an option is invalid, or if there is neither a schema nor a template.
   */
  asTool(options?: AsToolOptions): Tool<Params, Content>;
  /** Returns a copy of the agent with other options. This agent does not change. */
  with(overrides: AgentOverrides): Agent<Params, Content>;
}
