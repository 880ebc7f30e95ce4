import type { Context } from "hono";
import { agentStream, type StreamEvent } from "../../agent/agent_stream.ts";
import { currentContext, inContext } from "../../call/context.ts";
import type { CallOptions } from "../../call/options/options.ts";
import type { Result, Success } from "../../model/result.ts";
import { readJsonBody } from "../read_body.ts";
import { eventStream, SSE, waitForFirstEvent, type WireEvent } from "../event_stream.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";
import {
  contentText,
  createChatIdentity,
  finishReasonOf,
  toChatChunk,
  toChatCompletion,
  toUsageChunk,
} from "./chat_completion.ts";
import { toOpenAIError, unknownModelProblem } from "./openai_error.ts";
import { type ChatRequest, paramsFromMessage, parseChatRequest } from "./chat_request.ts";
import { Problem } from "../problem.ts";
import type { ServedAgent } from "../served_agent.ts";
import type { Env, Service } from "../service.ts";

/** `POST /v1/chat/completions`: calls agents through OpenAI's API. */
export function chatRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "chat" });
    try {
      const { value } = await readJsonBody(c.req.raw, service.limits, JSON.parse);
      const request = parseChatRequest(value);
      const agent = service.agents.get(request.model);
      if (agent === undefined) throw unknownModelProblem();
      rejectJsonFromText(agent, request);
      const call = bindCall(agent, request, lifecycle.id);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      if (request.stream) return await streamChat(c, service, { request, lifecycle, agent, call });
      lifecycle.abandonOn(c.req.raw.signal);
      const result = await lifecycle.run(() => call(request.options));
      if (!result.ok) throw result.error;
      return c.json(toChatCompletion(createChatIdentity(agent.name), result));
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

type Call = (options: CallOptions) => Promise<Result>;

/**
 * Returns a function that calls the agent with the message's parameters, or with the message
 * itself.
 */
function bindCall(agent: ServedAgent, { message }: ChatRequest, run: string): Call {
  const params = paramsFromMessage(agent, message);
  return params === undefined
    ? (options) => agent.ask(run, message, options)
    : (options) => agent.settle(run, params, options);
}

/** Rejects a request for JSON to an agent that answers in text. */
function rejectJsonFromText(agent: ServedAgent, { wantsJson }: ChatRequest): void {
  if (!wantsJson || !agent.callsModel || agent.hasOutputSchema) return;
  throw new Problem(400, "unsupported", "Cannot answer in JSON as the agent answers in text", {
    issues: [{ message: "the agent has no output schema", path: ["response_format"] }],
  });
}

interface StreamedCall {
  readonly request: ChatRequest;
  readonly lifecycle: RequestLifecycle;
  readonly agent: ServedAgent;
  readonly call: Call;
}

async function streamChat(
  c: Context<Env>,
  service: Service,
  { request, lifecycle, agent, call }: StreamedCall,
): Promise<Response> {
  const events = lifecycle.run(() => {
    const context = currentContext();
    return agentStream(
      {},
      ({ onDelta }, signal) =>
        inContext(
          context,
          () => call({ ...request.options, signal, ...(streamsText(agent) && { onDelta }) }),
        ),
    );
  });
  const first = events.next();
  await waitForFirstEvent(first);
  return eventStream(c, chunks(agent.name, request, first, events), {
    owner: lifecycle,
    format: SSE,
    heartbeat: service.heartbeat,
    toErrorEvent: (thrown) => ({ data: { error: toOpenAIError(lifecycle.toProblem(thrown)) } }),
  });
}

/**
 * Whether the deltas are the answer. Those of a workflow are not, and the answer of an agent with
 * an output schema is the parsed text, which may differ from the deltas.
 */
function streamsText(agent: ServedAgent): boolean {
  return agent.callsModel && !agent.hasOutputSchema;
}

async function* chunks(
  model: string,
  { includeUsage }: ChatRequest,
  first: Promise<IteratorResult<StreamEvent>>,
  events: AsyncIterator<StreamEvent>,
): AsyncGenerator<WireEvent> {
  const identity = createChatIdentity(model);
  let hasText = false;
  try {
    for (let next = await first; !next.done; next = await events.next()) {
      const event = next.value;
      if (event.type !== "delta" && event.type !== "result") continue;
      if (!hasText) yield { data: toChatChunk(identity, { role: "assistant", content: "" }) };
      if (event.type === "delta") {
        hasText = true;
        yield { data: toChatChunk(identity, { content: event.text }) };
        continue;
      }
      const { result } = event as { result: Success };
      if (!hasText) yield { data: toChatChunk(identity, { content: contentText(result.content) }) };
      yield { data: toChatChunk(identity, {}, finishReasonOf(result)) };
      if (includeUsage) yield { data: toUsageChunk(identity, result.usage) };
      yield { data: "[DONE]" };
    }
  } finally {
    await events.return?.();
  }
}
