import { definitionOf } from "../agent/definition.ts";
import type { AgentCall, Callable } from "../call/options/callable.ts";
import { currentContext, inContext } from "../call/context.ts";
import { Trace } from "../call/trace.ts";
import { causeMessage } from "../model/cause_message.ts";
import { type ErrorCode, isLongWait } from "../model/errors.ts";
import type { Journal, JournalItem, JournalSession } from "../model/journal.ts";
import { AgentError, linkError, type Result } from "../model/result.ts";
import type { Spent } from "../model/spent.ts";
import { type CheckpointSession, ItemCheckpoints } from "./item_checkpoints.ts";
import { ItemIds } from "./item_id.ts";
import type { JournalRunOptions, OnlyOptions } from "./journal_options.ts";

/**
 * Codes of failures that only concern this run. Such an item is processed again by the next run.
 */
const UNFINISHED: ReadonlySet<ErrorCode> = new Set(["aborted", "budget", "circuit_open"]);

/** Records the items of a run in a journal, each before its result is returned. */
export class RunJournal {
  readonly #journal: Journal;
  readonly #options: JournalRunOptions & Partial<OnlyOptions>;
  readonly #ids: ItemIds;
  readonly #stopsOnFailure: boolean;
  #opening: Promise<JournalSession> | undefined;
  #session: JournalSession | undefined;

  /**
   * Does not open the journal yet.
   *
   * @param more.stopsOnFailure Whether a failure stops the run. If so, failed items are processed
   * again by default: a replayed failure would stop each later run, too.
   */
  constructor(
    journal: Journal,
    options: JournalRunOptions,
    { stopsOnFailure }: { readonly stopsOnFailure: boolean },
  ) {
    this.#journal = journal;
    this.#options = options;
    this.#ids = new ItemIds(options.version);
    this.#stopsOnFailure = stopsOnFailure;
  }

  /**
   * Opens the run in the journal.
   *
   * @throws {JournalError} If the run is open already, or the journal cannot be read or written.
   */
  async open(): Promise<void> {
    const { runId, only, store, retryFailed = this.#stopsOnFailure } = this.#options;
    this.#opening = this.#journal.open(runId!, { only, store, retryFailed });
    this.#session = await this.#opening;
  }

  /** Closes the run in the journal after everything has been recorded. */
  async close(): Promise<void> {
    if (this.#session !== undefined) return await this.#session.close();
    // The run was stopped while the journal was opening: do not wait for that.
    this.#opening?.then((session) => session.close()).catch(() => {});
  }

  /**
   * Returns the recorded result of a call; without one, runs `work` and returns its result once
   * that is recorded. Returns `undefined` if the call is skipped.
   */
  async call(
    call: AgentCall,
    index: number,
    signal: AbortSignal,
    work: (call: AgentCall, index: number) => Promise<Result>,
  ): Promise<Result | undefined> {
    const [agent, params, options] = call;
    if (options?.dryRun) return await work(call, index);
    const id = this.#ids.forCall(call, index);
    const item = { id, index, agent: agent.name, key: options?.key, params };
    const owner = mayHaveCheckpoints(agent) ? () => this.#ids.ownerOfCall(call) : undefined;
    const result = await this.#settle(item, signal, owner, () => work(call, index));
    const metadata = options?.metadata;
    if (!result?.replayed || metadata === undefined) return result;
    return result.ok ? { ...result, metadata } : linkError({ ...result, metadata });
  }

  /** Does the same for an item that a function processes. */
  async item(
    params: unknown,
    { index, key, name }: { readonly index: number; readonly key?: string; readonly name: string },
    signal: AbortSignal,
    work: () => unknown,
  ): Promise<Result | undefined> {
    const id = this.#ids.forItem(params, key, index);
    const item = { id, index, agent: name, key, params };
    const owner = () => this.#ids.ownerOfItem(params, key);
    return await this.#settle(item, signal, owner, () => settleFunction(name, work));
  }

  async #settle(
    item: JournalItem,
    signal: AbortSignal,
    ownerOf: (() => string | undefined) | undefined,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const session = this.#session!;
    // After an abort nothing is sent, so the start need not be recorded.
    const record = !signal.aborted;
    const decision = await session.begin(item, { record });
    if (decision === "skip") return undefined;
    if (decision !== "missing") return decision;
    const checkpoints = record ? checkpointsOf(session, item, ownerOf) : undefined;
    if (checkpoints === undefined) {
      return await this.#record(item, await work(), signal, undefined);
    }
    const context = { ...currentContext(), checkpoints: checkpoints.scope };
    const result = await inContext(context, work);
    if (checkpoints.failure !== undefined) throw checkpoints.failure.error;
    return await this.#record(item, result, signal, checkpoints.counted);
  }

  async #record(
    item: JournalItem,
    result: Result,
    signal: AbortSignal,
    counted: Spent | undefined,
  ): Promise<Result> {
    const session = this.#session!;
    if (isFinished(result, signal)) await session.finish(item, result, { counted });
    else await session.interrupt(item, result, { counted });
    return result;
  }
}

/** Whether calls of the agent may have parts: an agent without tools has none. */
function mayHaveCheckpoints(agent: Callable): boolean {
  const model = definitionOf(agent)?.model;
  return model === undefined || model.tools !== undefined;
}

/** Returns the checkpoints of an item; `undefined` if its journal keeps none. */
function checkpointsOf(
  session: JournalSession,
  item: JournalItem,
  ownerOf: (() => string | undefined) | undefined,
): ItemCheckpoints | undefined {
  if (session.checkpoints === undefined || session.checkpoint === undefined) return undefined;
  const owner = ownerOf?.();
  if (owner === undefined) return undefined;
  return new ItemCheckpoints(session as CheckpointSession, item, owner);
}

/** Whether the result is final. A failure while the run ends may be due to that, and is not. */
function isFinished(result: Result, signal: AbortSignal): boolean {
  return result.ok ||
    !(signal.aborted || UNFINISHED.has(result.error.code) || isLongWait(result.error));
}

/** Runs a function and returns its outcome as a result, with the usage of the calls inside it. */
async function settleFunction(name: string, work: () => unknown): Promise<Result> {
  const context = currentContext();
  const trace = new Trace(name, undefined, undefined, undefined);
  const collect = (part: Result) => {
    trace.add(part);
    context.collect?.(part);
  };
  let result: Result;
  try {
    result = trace.success(await inContext({ ...context, collect }, work), "stop");
  } catch (thrown) {
    const message = `Cannot finish the item as its function threw: ${causeMessage(thrown)}`;
    const error = thrown instanceof AgentError
      ? thrown
      : trace.make(message, { code: "tool", cause: thrown });
    result = trace.failure(error);
  }
  // The children may be large, and no caller receives them.
  const bare: Result = { ...result, children: [] };
  return !bare.ok && bare.error.result === result ? linkError(bare) : bare;
}

/** Returns what the function threw. A replayed error has only its name and its message. */
export function thrownValue({ agent, error }: Result): unknown {
  const isOurs = error?.code === "tool" && error.agent === agent && error.cause !== undefined;
  return isOurs ? error.cause : error;
}
