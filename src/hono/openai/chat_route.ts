import type { Context } from "hono";
import { agentStream, type StreamEvent } from "../../agent/agent_stream.ts";
import { currentContext, inContext } from "../../call/context.ts";
import type { CallOptions } from "../../call/options/options.ts";
import type { Result, Success } from "../../model/result.ts";
import { readJson } from "../read_body.ts";
import { eventStream, SSE, type WireEvent } from "../event_stream.ts";
import type { Exchange } from "../request_lifecycle.ts";
import {
  chatChunk,
  chatCompletion,
  chatIdentity,
  chatText,
  chatUsageChunk,
  finishOf,
} from "./chat_completion.ts";
import { openaiError, unknownModel } from "./openai_error.ts";
import { type ChatRequest, chatRequest, paramsOf } from "./chat_request.ts";
import { Problem } from "../problem.ts";
import type { Served } from "../served_agent.ts";
import type { Env, Service } from "../service.ts";
import { untilKnown } from "../routes/stream.ts";

/** `POST /v1/chat/completions`: an agent for whoever speaks to OpenAI. */
export function chatRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using exchange = service.enter(c, { kind: "chat" });
    try {
      const { value } = await readJson(c.req.raw, service.caps);
      const request = chatRequest(value);
      const agent = service.agents.get(request.model);
      if (agent === undefined) throw unknownModel();
      refuseJson(agent, request);
      const call = caller(agent, request, exchange.id);
      exchange.begin(1);
      exchange.limitTime();
      if (request.stream) return await streamed(c, service, { request, exchange, agent, call });
      exchange.follow(c.req.raw.signal);
      const result = await exchange.run(() => call(request.options));
      if (!result.ok) throw result.error;
      return c.json(chatCompletion(chatIdentity(agent.name), result));
    } catch (error) {
      throw exchange.problemOf(error);
    }
  };
}

type Call = (options: CallOptions) => Promise<Result>;

/** Calls the agent with the parameters that the message stands for; or asks it the message, where it has none. */
function caller(agent: Served, { message }: ChatRequest, run: string): Call {
  const params = paramsOf(agent, message);
  return params === undefined
    ? (options) => agent.ask(run, message, options)
    : (options) => agent.settle(run, params, options);
}

/** Whoever wants JSON of a schema would be given text. */
function refuseJson(agent: Served, { wantsJson }: ChatRequest): void {
  if (!wantsJson || !agent.asks || agent.isTyped) return;
  throw new Problem(400, "unsupported", "Cannot answer in JSON as the agent answers in text", {
    issues: [{ message: "the agent has no output schema", path: ["response_format"] }],
  });
}

interface Streamed {
  readonly request: ChatRequest;
  readonly exchange: Exchange;
  readonly agent: Served;
  readonly call: Call;
}

async function streamed(
  c: Context<Env>,
  service: Service,
  { request, exchange, agent, call }: Streamed,
): Promise<Response> {
  const events = exchange.run(() => {
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
  await untilKnown(first);
  return eventStream(c, chunks(agent.name, request, first, events), {
    exchange,
    format: SSE,
    heartbeat: service.heartbeat,
    failed: (thrown) => ({ data: { error: openaiError(exchange.problemOf(thrown)) } }),
  });
}

/**
 * Is what comes in pieces the answer? Of a workflow the texts of its parts are not; and of a typed agent the answer is what its schema makes of
 * the text, which may be something else.
 */
function isTold(agent: Served): boolean {
  return agent.asks && !agent.isTyped;
}

async function* chunks(
  model: string,
  { includeUsage }: ChatRequest,
  first: Promise<IteratorResult<StreamEvent>>,
  events: AsyncIterator<StreamEvent>,
): AsyncGenerator<WireEvent> {
  const identity = chatIdentity(model);
  let told = false;
  try {
    for (let next = await first; !next.done; next = await events.next()) {
      const event = next.value;
      if (event.type !== "delta" && event.type !== "result") continue;
      if (!told) yield { data: chatChunk(identity, { role: "assistant", content: "" }) };
      if (event.type === "delta") {
        told = true;
        yield { data: chatChunk(identity, { content: event.text }) };
        continue;
      }
      const { result } = event as { result: Success };
      if (!told) yield { data: chatChunk(identity, { content: chatText(result.content) }) };
      yield { data: chatChunk(identity, {}, finishOf(result)) };
      if (includeUsage) yield { data: chatUsageChunk(identity, result.usage) };
      yield { data: "[DONE]" };
    }
  } finally {
    await events.return?.();
  }
}
