/** The request that both of OpenAI's APIs are translated to, and the call that it makes. */
import { PromptOverride } from "../../agent/defined.ts";
import type { CallOptions } from "../../call/options/options.ts";
import {
  messagesProblem,
  type PromptMessage,
  type PromptPart,
} from "../../call/options/prompt_parts.ts";
import type { ServedAgent } from "../served_agent.ts";
import { boundSettings, type Overrides } from "./bound_settings.ts";
import { paramsFromMessage } from "./message_params.ts";
import { unknownModelProblem } from "./openai_error.ts";
import { invalidField, unsupportedField } from "./request_problem.ts";

/** A validated request. */
export interface AgentRequest {
  /** The name of the agent. */
  readonly model: string;
  /** The conversation. */
  readonly messages: readonly PromptMessage[];
  /** The field that holds the conversation, for problems. */
  readonly field: "messages" | "input";
  /** The client's settings. */
  readonly settings: CallOptions;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** The field that requests JSON; absent if the answer may be text. */
  readonly jsonField?: string;
}

/** A call of an agent, ready to be made. */
export interface BoundCall {
  /** The agent. */
  readonly agent: ServedAgent;
  /** Its parameters, or a prompt that replaces its own. */
  readonly params: unknown;
  /** The messages before, and the client's settings. */
  readonly options: CallOptions;
}

/**
 * Finds the agent and maps the conversation to a call: the user's last message has the parameters,
 * or replaces the prompt, and the messages before are the history. A conversation that ends with
 * another message replaces the prompt as a whole.
 *
 * @throws {Problem} If there is no such agent, or the agent cannot be called in that way.
 */
export function bindCall(
  { model, messages, field, settings: given, jsonField }: AgentRequest,
  { agents, overrides }: {
    readonly agents: ReadonlyMap<string, ServedAgent>;
    readonly overrides: Overrides;
  },
): BoundCall {
  const agent = agents.get(model);
  if (agent === undefined) throw unknownModelProblem();
  const settings = boundSettings(given, agent.settings, overrides);
  if (agent.hasSystem && !overrides.has("system")) rejectSystemMessages(messages, field);
  if (jsonField !== undefined && agent.callsModel && !agent.hasOutputSchema) {
    throw unsupportedField("must request text, as the agent has no output schema", jsonField);
  }
  const problem = messagesProblem(messages);
  if (problem !== undefined) throw invalidField(problem, field);
  const { message, history } = splitConversation(messages);
  const options = { ...settings, ...(history.length > 0 && { messages: history }) };
  const params = message === undefined ? undefined : paramsFromMessage(agent, message, field);
  if (params !== undefined) return { agent, params, options };
  if (!agent.callsModel) {
    throw invalidField('the last message must have the role "user"', field, messages.length - 1);
  }
  return message === undefined
    ? { agent, params: new PromptOverride(messages), options: settings }
    : { agent, params: new PromptOverride([{ role: "user", content: message }]), options };
}

/**
 * Rejects messages that would add to the system message of the agent. They are not dropped, as the
 * client would take the answer for one that follows them.
 *
 * @throws {Problem} If there are any.
 */
function rejectSystemMessages(
  messages: readonly PromptMessage[],
  field: AgentRequest["field"],
): void {
  if (messages.every(({ role }) => role !== "system")) return;
  throw unsupportedField(
    'must not have system or developer messages, nor "instructions", as the agent has its own ' +
      'system message: only the server can permit them, by `openai: { overrides: ["system"] }`',
    field,
  );
}

/**
 * Splits off the user's last message. System messages after it become part of the history.
 * `message` is absent if another message ends the conversation.
 */
function splitConversation(messages: readonly PromptMessage[]): {
  readonly message?: string | readonly PromptPart[];
  readonly history: readonly PromptMessage[];
} {
  const last = messages.findLastIndex(({ role }) => role !== "system");
  const message = messages[last];
  if (message?.role !== "user") return { history: [] };
  return { message: message.content, history: messages.filter((_, i) => i !== last) };
}
