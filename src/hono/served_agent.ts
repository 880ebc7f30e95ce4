import { type AgentStream, agentStream, type StreamEvent } from "../agent/agent_stream.ts";
import type { Agent } from "../agent/agent.ts";
import type { Callable } from "../call/options/callable.ts";
import { currentContext, inContext } from "../call/context.ts";
import { isModelAgent } from "../agent/defined.ts";
import { definitionOf } from "../agent/definition.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { JsonSchema, ModelSettings } from "../model/message.ts";
import { AgentError, type Result } from "../model/result.ts";
import type { Activity } from "./activity.ts";

/** Called with the outcome of each call of the run with this ID. */
export type OnCallEnd = (run: string, result: Result | AgentError) => void;

/**
 * Wraps an agent or a workflow, so that either can be called and streamed, and counts every call.
 */
export class ServedAgent {
  readonly name: string;
  readonly description: string | undefined;
  readonly kind: "agent" | "workflow";
  /**
   * Whether it calls a model itself. Only such an agent accepts other messages than its
   * prompt.
   */
  readonly callsModel: boolean;
  /** The settings of its model; empty if it calls none. */
  readonly settings: ModelSettings;
  /** Whether it has a system message of its own. */
  readonly hasSystem: boolean;
  readonly #callable: Callable;
  readonly #activity: Activity;
  readonly #onEnd: OnCallEnd;
  readonly #sendsReasoning: boolean;

  /** Wraps a callable; its calls are counted in `activity`, and reported to `onEnd`. */
  constructor(callable: Callable, activity: Activity, onEnd: OnCallEnd) {
    this.#onEnd = onEnd;
    this.name = callable.name;
    this.description = callable.description;
    this.kind = canStream(callable) ? "agent" : "workflow";
    this.callsModel = isModelAgent(callable);
    this.#callable = callable;
    this.#activity = activity;
    const model = definitionOf(callable)?.model;
    this.settings = model ?? {};
    this.hasSystem = (model?.system ?? "") !== "";
    this.#sendsReasoning = model?.reasoning ?? false;
  }

  /** Returns the JSON Schema of its parameters, if it is known. */
  paramsSchema(): JsonSchema | undefined {
    return readSchema(() => this.#callable.paramsSchema?.());
  }

  /**
   * Returns the JSON Schema of its output, if it is known; without one, a model answers in text.
   */
  outputSchema(): JsonSchema | undefined {
    return readSchema(() => this.#callable.outputSchema?.()) ??
      (this.callsModel ? { type: "string" } : undefined);
  }

  /** Whether it has an output schema. */
  get hasOutputSchema(): boolean {
    return readSchema(() => this.#callable.outputSchema?.()) !== undefined;
  }

  /**
   * Calls it as part of the run with this ID. A `PromptOverride` in place of the parameters
   * replaces the prompt of an agent that calls a model.
   */
  settle(run: string, params: unknown, options?: CallOptions): Promise<Result> {
    return this.#countCall(run, () => this.#callable.settle(params, options));
  }

  /**
   * Calls it and yields the events of the call. The call begins when the first event is pulled, in
   * the context of this method's caller. Events of reasoning are left out unless the agent has the
   * option `reasoning`, as they may reveal the prompt.
   */
  stream(
    run: string,
    params: unknown,
    options: CallOptions = {},
  ): AsyncIterableIterator<StreamEvent> {
    const callable = this.#callable;
    if (canStream(callable)) return this.#countStream(run, callable.stream(params, options));
    const context = currentContext();
    // A workflow streams no text of its own, only the events that its agents emit.
    return agentStream(options, (hooks, signal) =>
      inContext(
        { ...context, emit: hooks.emit },
        () => this.settle(run, params, { ...options, signal }),
      ));
  }

  async #countCall(run: string, call: () => Promise<Result>): Promise<Result> {
    const end = this.#activity.beginCall(this.name, run);
    try {
      const result = await call();
      end(result);
      this.#onEnd(run, result);
      return result;
    } catch (error) {
      end(error instanceof AgentError ? error : undefined);
      throw error;
    }
  }

  async *#countStream(run: string, events: AgentStream): AsyncGenerator<StreamEvent> {
    const end = this.#activity.beginCall(this.name, run);
    try {
      for await (const event of events) {
        if (event.type === "result") {
          end(event.result);
          this.#onEnd(run, event.result);
        }
        if (event.type === "reasoning" && !this.#sendsReasoning) continue;
        yield event;
      }
    } catch (error) {
      end(error instanceof AgentError ? error : undefined);
      if (error instanceof AgentError) this.#onEnd(run, error);
      throw error;
    } finally {
      // Only counts if the consumer stopped reading early.
      end(undefined);
    }
  }
}

function canStream(callable: Callable): callable is Agent {
  return typeof (callable as Partial<Agent>).stream === "function";
}

/** Returns the JSON Schema; `undefined` if the schema cannot be converted to one. */
function readSchema<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
