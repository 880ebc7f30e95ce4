import { untilAbort } from "../async/abort.ts";
import { causeMessage } from "../model/cause_message.ts";
import type { Message } from "../model/message.ts";
import type { CallOptions } from "./options/options.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import {
  messagesProblem,
  type Prompt,
  type PromptMessage,
  withDataUrls,
} from "./options/prompt_parts.ts";
import { TemplateError } from "./options/template.ts";
import { checkParams } from "./check_params.ts";
import type { Trace } from "./trace.ts";

/**
 * Returns the messages of a call: the system message, the `messages` option, the prompt.
 *
 * @throws {AgentError} With the code `invalid_params` if a template cannot be rendered, and `tool`
 * if a prompt function throws or returns no prompt.
 */
export function renderPrompt(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  call: { readonly trace: Trace; readonly signal: AbortSignal },
): readonly Message[] | Promise<readonly Message[]> {
  if (agent.input !== undefined) {
    return checkParams(agent, params, call).then((checked) =>
      renderMessages(agent, checked, options, call)
    );
  }
  return renderMessages(agent, params, options, call);
}

function renderMessages(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  { trace, signal }: { readonly trace: Trace; readonly signal: AbortSignal },
): readonly Message[] | Promise<readonly Message[]> {
  const fail = (cause: unknown): never => {
    const isTemplate = cause instanceof TemplateError;
    const reason = isTemplate ? cause.message : `its prompt function threw: ${causeMessage(cause)}`;
    // Only a template says that the parameters are wrong. A function may throw for any reason.
    const code = isTemplate ? "invalid_params" : "tool";
    throw trace.make(`Cannot call "${agent.name}" as ${reason}`, { code, cause });
  };
  let prompt: Prompt | Promise<Prompt>;
  try {
    prompt = agent.render(params);
  } catch (cause) {
    return fail(cause);
  }
  const toMessages = (prompt: Prompt) =>
    withSystem(agent, promptMessages(agent, prompt, trace), options);
  if (typeof prompt === "string") return toMessages(prompt);
  return untilAbort(Promise.resolve(prompt), signal).catch(fail).then(toMessages);
}

function promptMessages(agent: ModelAgent, prompt: Prompt, trace: Trace): readonly PromptMessage[] {
  if (typeof prompt === "string") return [{ role: "user", content: prompt }];
  const problem = Array.isArray(prompt) && prompt.length > 0
    ? messagesProblem(prompt)
    : "there must be a text or a list of messages";
  if (problem === undefined) return prompt;
  throw trace.make(`Cannot call "${agent.name}" as in its prompt ${problem}`, {
    // The caller's prompt, in place of the agent's own, is wrong as parameters are.
    code: agent.isPromptOverridden ? "invalid_params" : "tool",
  });
}

function withSystem(
  { system }: ModelAgent,
  prompt: readonly PromptMessage[],
  { messages }: CallOptions,
): readonly Message[] {
  if (system === undefined && messages === undefined) return withDataUrls(prompt);
  const all: PromptMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  if (messages !== undefined) all.push(...messages);
  all.push(...prompt);
  return withDataUrls(all);
}
