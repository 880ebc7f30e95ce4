import type { Context } from "hono";
import { Problem } from "../problem.ts";
import { readJsonBody } from "../read_body.ts";
import type { Env, Service } from "../service.ts";
import { startEventStream } from "../stream/event_stream.ts";
import { SSE } from "../stream/wire_format.ts";
import { bindCall } from "./agent_request.ts";
import type { Overrides } from "./bound_settings.ts";
import { streamAnswer } from "./answer_stream.ts";
import { toOpenAIError, withOpenAIStatus } from "./openai_error.ts";
import { toOutcome } from "./outcome.ts";
import { ResponseEvents } from "./response_events.ts";
import { createResponseBase, toResponse } from "./response_object.ts";
import { parseResponsesRequest } from "./responses_request.ts";

/**
 * `POST /v1/responses`: calls agents through OpenAI's Responses API. Nothing is stored: each
 * request has the whole conversation.
 */
export function responsesRoute(service: Service, overrides: Overrides) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "response" });
    try {
      const { value } = await readJsonBody(c.req.raw, service.limits, JSON.parse);
      const request = parseResponsesRequest(value);
      const call = bindCall(request, { agents: service.agents, overrides });
      const base = createResponseBase(call.agent.name, request.body, call.options);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      if (request.stream) {
        const events = new ResponseEvents(base);
        return await startEventStream(c, events.all(streamAnswer(call, lifecycle)), {
          owner: lifecycle,
          format: SSE,
          heartbeat: service.heartbeat,
          toErrorEvents(thrown) {
            const problem = withOpenAIStatus(lifecycle.toProblem(thrown));
            return events.failed(toOpenAIError(problem), problem.status);
          },
        });
      }
      lifecycle.abandonOn(c.req.raw.signal);
      const { agent, params, options } = call;
      const result = await lifecycle.run(() => agent.settle(lifecycle.id, params, options));
      return c.json(toResponse(base, toOutcome(result)));
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

/** Rejects any request for a stored response or for its parts, as no responses are stored. */
export function storedResponseRoute(): never {
  throw new Problem(
    404,
    "not_found",
    "There is no response with that ID, as responses are not stored",
  );
}
