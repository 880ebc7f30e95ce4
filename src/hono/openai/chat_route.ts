import type { Context } from "hono";
import { agentStream, type StreamEvent } from "../../agent/agent_stream.ts";
import { currentContext, inContext } from "../../call/context.ts";
import type { CallOptions } from "../../call/options/options.ts";
import type { Result, Success } from "../../model/result.ts";
import { readJsonBody } from "../read_body.ts";
import { eventStream, SSE, type WireEvent } from "../event_stream.ts";
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
import { waitForFirstEvent } from "../routes/stream.ts";

/** `POST /v1/chat/completions`: an agent for whoever speaks to OpenAI. */
export function chatRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "chat" });
    try {
      const { value } = await readJsonBody(c.req.raw, service.limits);
      const request = parseChatRequest(value);
      const agent = service.agents.get(request.model);
      if (agent === undefined) throw unknownModelProblem();
      refuseJson(agent, request);
      const call = caller(agent, request, lifecycle.id);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      if (request.stream) return await streamed(c, service, { request, lifecycle, agent, call });
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

/** Calls the agent with the parameters that the message stands for; or asks it the message, where it has none. */
function caller(agent: ServedAgent, { message }: ChatRequest, run: string): Call {
  const params = paramsFromMessage(agent, message);
  return params === undefined
    ? (options) => agent.ask(run, message, options)
    : (options) => agent.settle(run, params, options);
}

/** Whoever wants JSON of a schema would be given text. */
function refuseJson(agent: ServedAgent, { wantsJson }: ChatRequest): void {
  if (!wantsJson || !agent.callsModel || agent.hasOutputSchema) return;
  throw new Problem(400, "unsupported", "Cannot answer in JSON as the agent answers in text", {
    issues: [{ message: "the agent has no output schema", path: ["response_format"] }],
  });
}

interface Streamed {
  readonly request: ChatRequest;
  readonly lifecycle: RequestLifecycle;
  readonly agent: ServedAgent;
  readonly call: Call;
}

async function streamed(
  c: Context<Env>,
  service: Service,
  { request, lifecycle, agent, call }: Streamed,
): Promise<Response> {
  const events = lifecycle.run(() => {
    const context = currentContext();
    return agentStream(
      {},
      ({ onDelta }, signal) =>
        inContext(
          context,
          () => call({ ...request.options, signal, ...(isTold(agent) && { onDelta }) }),
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
 * Is what comes in pieces the answer? Of a workflow the texts of its parts are not; and of a typed agent the answer is what its schema makes of
 * the text, which may be something else.
 */
function isTold(agent: ServedAgent): boolean {
  return agent.callsModel && !agent.hasOutputSchema;
}

async function* chunks(
  model: string,
  { includeUsage }: ChatRequest,
  first: Promise<IteratorResult<StreamEvent>>,
  events: AsyncIterator<StreamEvent>,
): AsyncGenerator<WireEvent> {
  const identity = createChatIdentity(model);
  let told = false;
  try {
    for (let next = await first; !next.done; next = await events.next()) {
      const event = next.value;
      if (event.type !== "delta" && event.type !== "result") continue;
      if (!told) yield { data: toChatChunk(identity, { role: "assistant", content: "" }) };
      if (event.type === "delta") {
        told = true;
        yield { data: toChatChunk(identity, { content: event.text }) };
        continue;
      }
      const { result } = event as { result: Success };
      if (!told) yield { data: toChatChunk(identity, { content: contentText(result.content) }) };
      yield { data: toChatChunk(identity, {}, finishReasonOf(result)) };
      if (includeUsage) yield { data: toUsageChunk(identity, result.usage) };
      yield { data: "[DONE]" };
    }
  } finally {
    await events.return?.();
  }
}
