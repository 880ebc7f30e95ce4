import type { ChildAbort } from "../model/abort.ts";
import type { Message } from "../model/message.ts";
import type { CallOptions } from "./options.ts";
import type { ModelAgent } from "./call.ts";
import { messagesProblem, type PromptMessage, withoutBytes } from "./parts.ts";
import { TemplateError } from "./template.ts";
import { checkedParams } from "./params.ts";
import type { Trace } from "./trace.ts";

/** What a prompt may be: the user's message, or several messages. */
export type Prompt = string | readonly PromptMessage[];

/**
 * The messages of a call: system message, conversation so far, prompt.
 *
 * @throws {AgentError} With the code `invalid_params` if they cannot be made.
 */
export async function messagesOf(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  { trace, whole }: { trace: Trace; whole: ChildAbort },
): Promise<readonly Message[]> {
  const checked = await checkedParams(agent, params, { trace, signal: whole.signal });
  let prompt: Prompt;
  try {
    const rendered = agent.render(checked);
    prompt = typeof rendered === "string" ? rendered : await whole.race(Promise.resolve(rendered));
  } catch (cause) {
    const why = cause instanceof TemplateError
      ? cause.message
      : "its prompt function threw: see the cause";
    throw trace.make(`Cannot call "${agent.name}" as ${why}`, { code: "invalid_params", cause });
  }
  const asked = typeof prompt === "string" ? [{ role: "user" as const, content: prompt }] : prompt;
  const problem = Array.isArray(asked) && asked.length > 0
    ? messagesProblem(asked)
    : "there must be a text or a list of messages";
  if (problem !== undefined) {
    throw trace.make(`Cannot call "${agent.name}" as in its prompt ${problem}`, {
      code: "invalid_params",
    });
  }
  if (agent.system === undefined && options.messages === undefined) return withoutBytes(asked);
  const system = agent.system === undefined
    ? []
    : [{ role: "system" as const, content: agent.system }];
  return withoutBytes([...system, ...options.messages ?? [], ...asked]);
}
