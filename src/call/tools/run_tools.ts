/**
 * Runs the tools that a model requested in one answer, concurrently, and reports every outcome to
 * the model.
 */
import { pooledMap } from "@std/async/pool";
import { ChildAbort, untilAbort } from "../../async/abort.ts";
import type { Message, ToolRequest } from "../../model/message.ts";
import type { ToolCall, ToolErrorCode } from "../../model/tool_call.ts";
import type { CallHooks } from "../options/model_agent.ts";
import { type CallContext, emitterOf } from "../context.ts";
import { shortName } from "../../model/names/closest_name.ts";
import { stringifyExact } from "../../model/exact_json.ts";
import { parseWholeJson } from "../../output/coerce.ts";
import { formatIssues } from "../../output/format_issues.ts";
import { ownCodeError } from "../own_code_error.ts";
import { runNested } from "../run_nested.ts";
import type { DefinedTool } from "../options/tool.ts";
import type { Trace } from "../trace.ts";

/** What tools run with. */
export interface RunToolsOptions {
  /** The tools that there are. */
  readonly tools: readonly DefinedTool[];
  /** How many run at the same time. */
  readonly concurrency: number;
  /** The maximum number of calls of one answer that run. */
  readonly maxCalls: number;
  /** The call that they run for. */
  readonly trace: Trace;
  /** Notified of each tool call. */
  readonly hooks: CallHooks;
  /** The context of the calls that tools make. */
  readonly context: CallContext & { readonly signal: AbortSignal };
}

/**
 * Runs the requested tools.
 *
 * @returns The messages for the model, in the order of its requests.
 * @throws The signal's reason, if it aborts.
 */
export async function runTools(
  requests: readonly ToolRequest[],
  use: RunToolsOptions,
): Promise<readonly Message[]> {
  const { trace, maxCalls, context: { signal } } = use;
  const began = performance.now();
  const answers: Message[] = [];
  const allowed = requests.length > maxCalls ? requests.slice(0, maxCalls) : requests;
  const runs = pooledMap(use.concurrency, allowed, (request) => runTool(request, use));
  try {
    for await (const { call, content } of runs) {
      if (call !== undefined) trace.addTool(call);
      answers.push({ role: "tool", toolCallId: call?.id, content });
    }
  } catch (thrown) {
    throw thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  }
  trace.toolsMs += performance.now() - began;
  signal.throwIfAborted();
  for (const { id, name, args } of requests.slice(maxCalls)) {
    const message = `Not run: one answer may call at most ${maxCalls} tools`;
    const { content, error } = failed("too_many", message);
    trace.addTool({ id, name, args, error, durationMs: 0 });
    answers.push({ role: "tool", toolCallId: id, content });
  }
  return answers;
}

/** A tool call that has ended. */
interface ToolRun {
  /** Absent if it was not begun, since the call had ended. */
  readonly call?: ToolCall;
  readonly content: string;
}

/**
 * Runs one tool and returns the message for the model. What the tool throws is a message, too.
 *
 * @throws {AgentError} With the code `tool` if a callback throws.
 */
async function runTool(
  { id, name, args: text }: ToolRequest,
  use: RunToolsOptions,
): Promise<ToolRun> {
  const { hooks, context, trace } = use;
  if (context.signal.aborted) return { content: "" };
  const began = performance.now();
  const parsed = parseArgs(text);
  const reportedArgs = parsed.ok ? parsed.value : text;
  notify(trace, "onToolStart", () => hooks.onToolStart?.({ id, name, args: reportedArgs }));
  const outcome = parsed.ok
    ? await run({ id, name, args: parsed.value }, use)
    : failed("invalid_args", "The arguments are not JSON");
  const durationMs = performance.now() - began;
  const { content, ...result } = outcome;
  const call: ToolCall = { id, name, args: reportedArgs, ...result, durationMs };
  notify(trace, "onToolEnd", () => hooks.onToolEnd?.(call));
  return { call, content };
}

function notify(trace: Trace, name: string, callback: () => void): void {
  try {
    callback();
  } catch (cause) {
    throw ownCodeError(trace, name, cause);
  }
}

type Outcome = Pick<ToolCall, "result" | "error"> & {
  /** As the tool was given them. */
  readonly args?: unknown;
  /** The message for the model. */
  readonly content: string;
};

async function run(
  { id, name, args }: { readonly id: string; readonly name: string; readonly args: unknown },
  { tools, trace, context }: RunToolsOptions,
): Promise<Outcome> {
  const tool = tools.find((tool) => tool.name === name);
  if (tool === undefined) {
    const names = tools.map(({ name }) => name).join(", ");
    return failed("unknown_tool", `There is no tool "${shortName(name)}". There are: ${names}`);
  }
  using child = new ChildAbort(context.signal);
  child.abortAfter(tool.timeout, "The tool did not finish");
  const emit = emitterOf(trace.agent, context);
  const ended = await runNested(context, child, async () => {
    let checked = await untilAbort(tool.check(args), child.signal);
    if (!checked.ok) checked = await untilAbort(tool.fit(args), child.signal) ?? checked;
    if (!checked.ok) {
      throw new InvalidArgs(`The arguments do not fit:\n${formatIssues(checked.issues)}`);
    }
    args = checked.value;
    const ctx = { signal: child.signal, metadata: trace.metadata, id, emit };
    const result = await tool.run(args as never, ctx);
    return { result, content: serializeResult(result) };
  });
  if (ended.ok) return { args, ...ended.value };
  if (context.signal.aborted) return { args, ...failed("aborted", "The call ended") };
  const { thrown } = ended;
  if (ended.aborted) return { args, ...failed("timeout", (child.signal.reason as Error).message) };
  if (thrown instanceof InvalidArgs) return { args, ...failed("invalid_args", thrown.message) };
  return { args, ...withCause(failed("threw", errorMessage(thrown)), thrown) };
}

class InvalidArgs extends Error {}

function failed(code: ToolErrorCode, message: string): Outcome {
  return { error: { code, message }, content: `Error: ${message}` };
}

/**
 * Adds what the tool threw. It is not enumerable, so that printing or copying the error includes
 * its message only.
 */
function withCause(outcome: Outcome, cause: unknown): Outcome {
  Object.defineProperty(outcome.error, "cause", { value: cause });
  return outcome;
}

function parseArgs(text: string): { ok: true; value: unknown } | { ok: false } {
  // Some servers send nothing for a tool without arguments.
  if (text.trim() === "") return { ok: true, value: {} };
  const parsed = parseWholeJson(text);
  return parsed === undefined ? { ok: false } : { ok: true, value: parsed.value };
}

/** What a tool gave, as the model reads it. */
function serializeResult(result: unknown): string {
  if (result === undefined) return "";
  if (typeof result === "string") return result;
  let text: string | undefined;
  try {
    text = stringifyExact(result);
  } catch {
    // Then it is none.
  }
  if (text === undefined) throw new TypeError("The tool gave something that is not JSON");
  return text;
}

const MAX_MESSAGE_LENGTH = 1_000;

function errorMessage(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : thrown;
  if (typeof message !== "string" || message === "") return "The tool threw";
  return message.slice(0, MAX_MESSAGE_LENGTH);
}
