/** The calls that a worker makes. */
import type { Callable } from "../call/options/callable.ts";
import { type CallContext, inContext } from "../call/context.ts";
import { PromptOverride } from "../agent/defined.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Prompt } from "../call/options/prompt_parts.ts";
import { Budget } from "../limits/budget.ts";
import { ChildAbort } from "../async/abort.ts";
import { AgentError, type Result } from "../model/result.ts";
import { type CodedError, decodeError, encodeError } from "./error_codec.ts";
import { RemoteGate } from "./remote_gate.ts";
import type { Order } from "./messages.ts";
import { type Parent, Refused } from "./pool_client.ts";
import { canBeCloned, encodeResult, withoutUncloneable } from "./result_codec.ts";

/** Money is counted with the one who started the worker. This says only that it is counted, so that prices must be known. */
const COUNTED = new Budget({ cost: Number.MAX_SAFE_INTEGER });

/** The calls that are being made. */
export class Calls {
  readonly #parent: Parent;
  readonly #running = new Map<number, ChildAbort>();

  /** For the pool that is asked. */
  constructor(parent: Parent) {
    this.#parent = parent;
  }

  /** Makes a call and tells how it ended. Never throws. */
  async make(agent: Callable, order: Order): Promise<void> {
    const { id } = order;
    using abort = new ChildAbort();
    this.#running.set(id, abort);
    const reason = () => abort.signal.aborted ? abort.signal.reason : undefined;
    try {
      const result = await inContext(
        this.#context(order, abort.signal),
        () => settled(agent, order, this.#options(order)),
      );
      this.#done(agent, id, result, reason());
    } catch (thrown) {
      const error = encodeError(thrown, { reason: reason() });
      this.#parent.tell({ type: "threw", id, error });
    } finally {
      this.#running.delete(id);
    }
  }

  /** The call is not wanted any more. */
  abort(id: number, reason: CodedError): void {
    this.#running.get(id)?.abort(decodeError(reason));
  }

  #context(order: Order, signal: AbortSignal): CallContext {
    const { id, hasEmit, countsCost, priority } = order;
    const emit = async (agent: string, data: unknown): Promise<void> => {
      // It never rejects: what cannot be cloned is not told.
      await this.#parent.ask(id, { kind: "emit", agent, data }).catch(() => {});
    };
    return {
      signal,
      limiters: [],
      budgets: countsCost ? [COUNTED] : [],
      priority,
      gate: new RemoteGate(id, this.#parent),
      ...(hasEmit && { emit }),
    };
  }

  #options({ id, options, hasDelta }: Order): CallOptions {
    if (!hasDelta) return options;
    const onDelta = async (text: string): Promise<void> => {
      try {
        await this.#parent.ask(id, { kind: "delta", text });
      } catch (error) {
        throw error instanceof Refused ? error.thrown : error;
      }
    };
    return { ...options, onDelta };
  }

  #done(agent: Callable, id: number, result: Result, reason: unknown): void {
    const coded = encodeResult(result, reason);
    try {
      this.#parent.tell({ type: "done", id, result: coded });
    } catch {
      const reduced = canBeCloned(result.content)
        ? withoutUncloneable(coded)
        : withoutUncloneable(encodeResult(lost(agent, result), reason));
      this.#parent.tell({ type: "done", id, result: reduced });
    }
  }
}

function settled(agent: Callable, order: Order, options: CallOptions): Promise<Result> {
  const { params, asks } = order;
  return agent.settle(asks ? new PromptOverride(params as Prompt) : params, options);
}

/** The result of a call whose answer cannot be handed back. What it used is not forgotten. */
function lost({ name }: Callable, result: Result): Result {
  const { model, attempts, usage } = result;
  const error = new AgentError(
    `Cannot finish the call of "${name}" as what it answered cannot leave its worker: it has something in it that cannot be cloned`,
    { code: "invalid_output", agent: name, model, attempts, usage },
  );
  const { finishReason: _, ...others } = result as Result & { finishReason?: unknown };
  return { ...others, ok: false, content: undefined, error };
}
