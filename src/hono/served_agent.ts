import { type AgentStream, agentStream, type StreamEvent } from "../agent/agent_stream.ts";
import type { Agent } from "../agent/agent.ts";
import type { Callable } from "../call/options/callable.ts";
import { currentContext, inContext } from "../call/context.ts";
import { isModelAgent } from "../agent/defined.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { PromptPart } from "../call/options/prompt_parts.ts";
import { AgentError } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Result } from "../model/result.ts";
import type { Activity } from "./activity.ts";

/** An agent or a workflow as it is served: whatever it is, it can be called and streamed, and every call is counted. */
export class ServedAgent {
  readonly name: string;
  readonly description: string | undefined;
  readonly kind: "agent" | "workflow";
  /** Does it ask a model itself? Then it has a prompt that something else can be asked in the place of. */
  readonly callsModel: boolean;
  readonly #callable: Callable;
  readonly #activity: Activity;

  /** Serves this one. */
  constructor(callable: Callable, activity: Activity) {
    this.name = callable.name;
    this.description = callable.description;
    this.kind = canStream(callable) ? "agent" : "workflow";
    this.callsModel = isModelAgent(callable);
    this.#callable = callable;
    this.#activity = activity;
  }

  /** The JSON Schema of its parameters, as far as it is known. */
  paramsSchema(): JsonSchema | undefined {
    return known(() => this.#callable.paramsSchema?.());
  }

  /** The JSON Schema of what it answers, as far as it is known: text where a model answers freely. */
  outputSchema(): JsonSchema | undefined {
    return known(() => this.#callable.outputSchema?.()) ??
      (this.callsModel ? { type: "string" } : undefined);
  }

  /** Has it an `output` schema? */
  get hasOutputSchema(): boolean {
    return known(() => this.#callable.outputSchema?.()) !== undefined;
  }

  /** Calls it, for the request with this id. */
  settle(run: string, params: unknown, options?: CallOptions): Promise<Result> {
    return this.#counted(run, () => this.#callable.settle(params, options));
  }

  /**
   * Asks something else than its prompt does.
   *
   * @throws {AgentError} If the call fails.
   */
  ask(
    run: string,
    message: string | readonly PromptPart[],
    options?: CallOptions,
  ): Promise<Result> {
    return this.#counted(run, () => (this.#callable as Agent).ask(message, options));
  }

  /** Calls it and gives what happens; the call begins, in the context of here, with the first event that is asked for. */
  stream(run: string, params: unknown): AsyncIterableIterator<StreamEvent> {
    const callable = this.#callable;
    if (canStream(callable)) return this.#watched(run, callable.stream(params));
    const context = currentContext();
    // A workflow has no text of its own that comes in pieces; but what its parts emit can be told.
    return agentStream({}, (hooks, signal) =>
      inContext(
        { ...context, emit: hooks.emit },
        () => this.settle(run, params, { signal }),
      ));
  }

  async #counted(run: string, call: () => Promise<Result>): Promise<Result> {
    const end = this.#activity.beginCall(this.name, run);
    try {
      const result = await call();
      end(result);
      return result;
    } catch (error) {
      end(error instanceof AgentError ? error : undefined);
      throw error;
    }
  }

  async *#watched(run: string, events: AgentStream): AsyncGenerator<StreamEvent> {
    const end = this.#activity.beginCall(this.name, run);
    try {
      for await (const event of events) {
        if (event.type === "result") end(event.result);
        yield event;
      }
    } catch (error) {
      end(error instanceof AgentError ? error : undefined);
      throw error;
    } finally {
      // Nobody read to the end.
      end(undefined);
    }
  }
}

function canStream(callable: Callable): callable is Agent {
  return typeof (callable as Partial<Agent>).stream === "function";
}

/** What is asked; nothing where a schema cannot tell its JSON Schema. */
function known<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
