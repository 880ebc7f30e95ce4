import type { AgentCall } from "../call/options/callable.ts";
import { currentContext, inContext } from "../call/context.ts";
import { Trace } from "../call/trace.ts";
import { type ErrorCode, messageOf } from "../model/errors.ts";
import type { Journal, JournalItem, JournalSession } from "../model/journal.ts";
import { AgentError, linkError, type Result } from "../model/result.ts";
import { Identities } from "./item_id.ts";
import type { JournalRunOptions, OnlyOptions } from "./journal_options.ts";

/** What was not worked on to its end, for reasons of this run only: the next one does so. */
const UNFINISHED: ReadonlySet<ErrorCode> = new Set(["aborted", "budget", "circuit_open"]);

/** A run whose items are recorded: each before its result is handed on. */
export class Journalled {
  readonly #journal: Journal;
  readonly #options: JournalRunOptions & Partial<OnlyOptions>;
  readonly #ids: Identities;
  readonly #stops: boolean;
  #opening: Promise<JournalSession> | undefined;
  #session: JournalSession | undefined;

  /**
   * Nothing is opened yet.
   *
   * @param stops Does a failure stop the run? Then it would stop it again and again, if it were
   * given back.
   */
  constructor(journal: Journal, options: JournalRunOptions, stops: boolean) {
    this.#journal = journal;
    this.#options = options;
    this.#ids = new Identities(options.version);
    this.#stops = stops;
  }

  /**
   * Opens the run in the journal.
   *
   * @throws {JournalError} If another one is writing to it, or the journal cannot be read or
   * written.
   */
  async open(): Promise<void> {
    const { runId, only, store, retryFailed = this.#stops } = this.#options;
    this.#opening = this.#journal.open(runId!, { only, store, retryFailed });
    this.#session = await this.#opening;
  }

  /** Everything is recorded. */
  async close(): Promise<void> {
    if (this.#session !== undefined) return await this.#session.close();
    // The run was stopped before it began: the error is reported elsewhere.
    this.#opening?.then((session) => session.close()).catch(() => {});
  }

  /**
   * The result of a call: the one that is recorded, or that of the work, when it is recorded;
   * `undefined` if the call is passed over.
   */
  async call(
    call: AgentCall,
    index: number,
    signal: AbortSignal,
    work: (call: AgentCall, index: number) => Promise<Result>,
  ): Promise<Result | undefined> {
    const [agent, params, options] = call;
    if (options?.dryRun) return await work(call, index);
    const id = this.#ids.ofCall(call, index);
    const item = { id, index, agent: agent.name, key: options?.key, params };
    const result = await this.#settle(item, signal, () => work(call, index));
    const metadata = options?.metadata;
    if (!result?.replayed || metadata === undefined) return result;
    return result.ok ? { ...result, metadata } : linkError({ ...result, metadata });
  }

  /** The same for an item that a function works on. */
  async item(
    params: unknown,
    { index, key, name }: { readonly index: number; readonly key?: string; readonly name: string },
    signal: AbortSignal,
    work: () => unknown,
  ): Promise<Result | undefined> {
    const id = this.#ids.ofItem(params, key, index);
    const item = { id, index, agent: name, key, params };
    return await this.#settle(item, signal, () => resultOf(name, work));
  }

  async #settle(
    item: JournalItem,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const session = this.#session!;
    // After the end nothing is sent any more: then it need not be recorded that it begins.
    const record = !signal.aborted;
    const found = await session.begin(item, { record });
    if (found === "skip") return undefined;
    if (found !== "missing") return found;
    const result = await work();
    if (isFinished(result, signal)) await session.finish(item, result);
    else await session.interrupt(item, result);
    return result;
  }
}

/** Whether the item ended by itself: a failure while the run stops may be a result of that. */
function isFinished(result: Result, signal: AbortSignal): boolean {
  return result.ok || !(signal.aborted || UNFINISHED.has(result.error.code));
}

/** What a function did, as the result of a call: with what the calls inside it used. */
async function resultOf(name: string, work: () => unknown): Promise<Result> {
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
    const why = `Cannot finish the item as its function threw: ${messageOf(thrown)}`;
    const error = thrown instanceof AgentError
      ? thrown
      : trace.make(why, { code: "tool", cause: thrown });
    result = trace.failure(error);
  }
  // The children may be large, and they are not returned.
  const bare: Result = { ...result, children: [] };
  return !bare.ok && bare.error.result === result ? linkError(bare) : bare;
}

/** What the function threw. Of what came out of a journal, there is a name and a message. */
export function thrownOf({ agent, error }: Result): unknown {
  const isOurs = error?.code === "tool" && error.agent === agent && error.cause !== undefined;
  return isOurs ? error.cause : error;
}
