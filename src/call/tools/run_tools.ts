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
import { shortName } from "../../model/closest_name.ts";
import { stringifyExact } from "../../model/exact_json.ts";
import { parseWholeJson } from "../../output/coerce.ts";
import { formatIssues } from "../../output/format_issues.ts";
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
  for await (const { call, content } of runs) {
    if (call !== undefined) trace.addTool(call);
    answers.push({ role: "tool", toolCallId: call?.id, content });
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

/** Runs one tool and returns the message for the model. Never throws. */
interface ToolRun {
  /** Absent if it was not begun, since the call had ended. */
  readonly call?: ToolCall;
  readonly content: string;
}

async function runTool(
  { id, name, args: text }: ToolRequest,
  use: RunToolsOptions,
): Promise<ToolRun> {
  const { hooks, context } = use;
  if (context.signal.aborted) return { content: "" };
  const began = performance.now();
  const parsed = parseArgs(text);
  const reportedArgs = parsed.ok ? parsed.value : text;
  hooks.onToolStart?.({ id, name, args: reportedArgs });
  const outcome = parsed.ok
    ? await run({ id, name, args: parsed.value }, use)
    : failed("invalid_args", "The arguments are not JSON");
  const durationMs = performance.now() - began;
  const { content, ...result } = outcome;
  const call: ToolCall = { id, name, args: reportedArgs, ...result, durationMs };
  hooks.onToolEnd?.(call);
  return { call, content };
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
  return {
    args,
    ...failed(thrown instanceof InvalidArgs ? "invalid_args" : "threw", errorMessage(thrown)),
  };
}

class InvalidArgs extends Error {}

function failed(code: ToolErrorCode, message: string): Outcome {
  return { error: { code, message }, content: `Error: ${message}` };
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
