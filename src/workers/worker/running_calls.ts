/** Runs the calls of one worker, and reports how they ended. */
import type { Callable } from "../../call/options/callable.ts";
import { type CallContext, inContext } from "../../call/context.ts";
import { PromptOverride } from "../../agent/defined.ts";
import type { CallOptions } from "../../call/options/options.ts";
import type { Prompt } from "../../call/options/prompt_parts.ts";
import { Budget } from "../../limits/budget.ts";
import { ChildAbort } from "../../async/abort.ts";
import { restoreDigits } from "../../model/digits.ts";
import { AgentError, type Result } from "../../model/result.ts";
import { decodeError, type EncodedError, encodeError } from "../error_codec.ts";
import { RemoteGate } from "./remote_gate.ts";
import type { CallRequest } from "../messages.ts";
import { type PoolClient, RequestFailed } from "./pool_client.ts";
import { canBeCloned, encodeResult, withoutUncloneable } from "../result_codec.ts";

/** The pool holds the real budget. This one makes the call require prices, and never ends it. */
const UNBOUNDED_COST = new Budget({ cost: Number.MAX_SAFE_INTEGER });

/** The calls in flight. */
export class RunningCalls {
  readonly #pool: PoolClient;
  readonly #aborts = new Map<number, ChildAbort>();

  /** Reports to this pool. */
  constructor(pool: PoolClient) {
    this.#pool = pool;
  }

  /** Runs a call and reports how it ended. Never throws. */
  async run(agent: Callable, request: CallRequest): Promise<void> {
    const { callId } = request;
    using abort = new ChildAbort();
    this.#aborts.set(callId, abort);
    const abortReason = () => abort.signal.aborted ? abort.signal.reason : undefined;
    try {
      const result = await inContext(
        this.#context(request, abort.signal),
        () => settleCall(agent, request, this.#options(request)),
      );
      this.#postResult(agent, callId, result, abortReason());
    } catch (thrown) {
      const error = encodeError(thrown, { reason: abortReason() });
      this.#pool.post({ type: "call-threw", callId, error });
    } finally {
      this.#aborts.delete(callId);
    }
  }

  /** Aborts a call. */
  abort(callId: number, reason: EncodedError): void {
    this.#aborts.get(callId)?.abort(decodeError(reason));
  }

  #context(request: CallRequest, signal: AbortSignal): CallContext {
    const { callId, wantsEmits, countsCost, priority } = request;
    const emit = async (agent: string, data: unknown): Promise<void> => {
      // Never rejects: data that cannot be cloned is dropped.
      await this.#pool.request(callId, { type: "emit", agent, data }).catch(() => {});
    };
    return {
      signal,
      limiters: [],
      budgets: countsCost ? [UNBOUNDED_COST] : [],
      priority,
      gate: new RemoteGate(callId, this.#pool),
      ...(wantsEmits && { emit }),
    };
  }

  #options({ callId, options, wantsDeltas }: CallRequest): CallOptions {
    if (!wantsDeltas) return options;
    const onDelta = async (text: string): Promise<void> => {
      try {
        await this.#pool.request(callId, { type: "delta", text });
      } catch (error) {
        throw error instanceof RequestFailed ? error.thrown : error;
      }
    };
    return { ...options, onDelta };
  }

  #postResult(agent: Callable, callId: number, result: Result, abortReason: unknown): void {
    const encoded = encodeResult(result, abortReason);
    try {
      this.#pool.post({ type: "result", callId, result: encoded });
    } catch {
      const reduced = canBeCloned(result.content)
        ? withoutUncloneable(encoded)
        : withoutUncloneable(encodeResult(uncloneableResult(agent, result), abortReason));
      this.#pool.post({ type: "result", callId, result: reduced });
    }
  }
}

function settleCall(
  agent: Callable,
  request: CallRequest,
  options: CallOptions,
): Promise<Result> {
  const { params, digits, isPrompt } = request;
  restoreDigits(params, digits);
  return agent.settle(isPrompt ? new PromptOverride(params as Prompt) : params, options);
}

/** Returns the failure of a call whose answer cannot be cloned. It keeps the usage. */
function uncloneableResult({ name }: Callable, result: Result): Result {
  const { model, attempts, usage } = result;
  const error = new AgentError(
    `Cannot finish the call of "${name}" as its answer cannot be sent from its worker: ` +
      "it must be data, without functions and the like",
    { code: "invalid_output", agent: name, model, attempts, usage },
  );
  const { finishReason: _, ...others } = result as Result & { finishReason?: unknown };
  return { ...others, ok: false, content: undefined, error };
}
