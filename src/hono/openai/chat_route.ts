import type { Context } from "hono";
import { readJsonBody } from "../read_body.ts";
import type { Env, Service } from "../service.ts";
import { startEventStream } from "../stream/event_stream.ts";
import { SSE, type WireEvent } from "../stream/wire_format.ts";
import { bindCall } from "./agent_request.ts";
import type { Overrides } from "./bound_settings.ts";
import { type AnswerEvent, streamAnswer } from "./answer_stream.ts";
import { ChatChunks, createChatIdentity, toChatCompletion } from "./chat_completion.ts";
import { parseChatRequest } from "./chat_request.ts";
import { toOpenAIError, withOpenAIStatus } from "./openai_error.ts";
import { toOutcome } from "./outcome.ts";

/** `POST /v1/chat/completions`: calls agents through OpenAI's Chat Completions API. */
export function chatRoute(service: Service, overrides: Overrides) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "chat" });
    try {
      const { value } = await readJsonBody(c.req.raw, service.limits, JSON.parse);
      const request = parseChatRequest(value);
      const call = bindCall(request, { agents: service.agents, overrides });
      const identity = createChatIdentity(call.agent.name);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      if (request.stream) {
        const chunks = new ChatChunks(identity, request.includeUsage);
        return await startEventStream(c, toEvents(streamAnswer(call, lifecycle), chunks), {
          owner: lifecycle,
          format: SSE,
          heartbeat: service.heartbeat,
          toErrorEvents: (thrown) => {
            return [{
              data: { error: toOpenAIError(withOpenAIStatus(lifecycle.toProblem(thrown))) },
            }];
          },
        });
      }
      lifecycle.abandonOn(c.req.raw.signal);
      const { agent, params, options } = call;
      const result = await lifecycle.run(() => agent.settle(lifecycle.id, params, options));
      return c.json(toChatCompletion(identity, toOutcome(result)));
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

async function* toEvents(
  answer: AsyncIterable<AnswerEvent>,
  chunks: ChatChunks,
): AsyncGenerator<WireEvent> {
  yield {
    data: chunks.delta({ role: "assistant", content: "", refusal: null }),
    isTentative: true,
  };
  for await (const event of answer) {
    if (event.type === "delta") {
      if (event.text !== "") yield { data: chunks.delta({ content: event.text }) };
      continue;
    }
    const { refusal, finishReason, usage } = event.outcome;
    if (refusal !== undefined) yield { data: chunks.delta({ refusal }) };
    yield { data: chunks.delta({}, finishReason) };
    if (chunks.includeUsage) yield { data: chunks.usage(usage) };
    yield { data: "[DONE]" };
  }
}
