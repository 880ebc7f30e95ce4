import { untilAbort } from "../async/abort.ts";
import type { Message } from "../model/message.ts";
import type { CallOptions } from "./options/options.ts";
import type { ModelAgent } from "./options/model_agent.ts";
import {
  messagesProblem,
  type Prompt,
  type PromptMessage,
  withoutBytes,
} from "./options/prompt_parts.ts";
import { TemplateError } from "./options/template.ts";
import { checkParams } from "./check_params.ts";
import type { Trace } from "./trace.ts";

/**
 * The messages of a call: system message, previous messages, prompt.
 *
 * @throws {AgentError} With the code `invalid_params` if they cannot be made.
 */
export function renderPrompt(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  call: { readonly trace: Trace; readonly signal: AbortSignal },
): readonly Message[] | Promise<readonly Message[]> {
  if (agent.input !== undefined) {
    return checkParams(agent, params, call).then((checked) =>
      rendered(agent, checked, options, call)
    );
  }
  return rendered(agent, params, options, call);
}

function rendered(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  { trace, signal }: { readonly trace: Trace; readonly signal: AbortSignal },
): readonly Message[] | Promise<readonly Message[]> {
  const failed = (cause: unknown): never => {
    const why = cause instanceof TemplateError
      ? cause.message
      : "its prompt function threw: see the cause";
    throw trace.make(`Cannot call "${agent.name}" as ${why}`, { code: "invalid_params", cause });
  };
  let prompt: Prompt | Promise<Prompt>;
  try {
    prompt = agent.render(params);
  } catch (cause) {
    return failed(cause);
  }
  const asked = (prompt: Prompt) => withSystem(agent, askedOf(agent, prompt, trace), options);
  if (typeof prompt === "string") return asked(prompt);
  return untilAbort(Promise.resolve(prompt), signal).catch(failed).then(asked);
}

function askedOf(agent: ModelAgent, prompt: Prompt, trace: Trace): readonly PromptMessage[] {
  if (typeof prompt === "string") return [{ role: "user", content: prompt }];
  const problem = Array.isArray(prompt) && prompt.length > 0
    ? messagesProblem(prompt)
    : "there must be a text or a list of messages";
  if (problem === undefined) return prompt;
  throw trace.make(`Cannot call "${agent.name}" as in its prompt ${problem}`, {
    code: "invalid_params",
  });
}

function withSystem(
  { system }: ModelAgent,
  asked: readonly PromptMessage[],
  { messages }: CallOptions,
): readonly Message[] {
  if (system === undefined && messages === undefined) return withoutBytes(asked);
  const all: PromptMessage[] = system === undefined ? [] : [{ role: "system", content: system }];
  if (messages !== undefined) all.push(...messages);
  all.push(...asked);
  return withoutBytes(all);
}
