import type { Context } from "hono";
import type { StreamEvent } from "../../agent/agent_stream.ts";
import { readJsonBody } from "../read_body.ts";
import { problemEvent, startEventStream } from "../stream/event_stream.ts";
import { SSE, type WireEvent } from "../stream/wire_format.ts";
import { toPublicError } from "../public_error.ts";
import { toPublicResult } from "../public_result.ts";
import type { Env, Service } from "../service.ts";

/** `POST /:name/stream`: sends the events of a call; the last one is `result` or `error`. */
export function streamRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    const agent = service.getAgent(c.req.param("name"));
    using lifecycle = service.admit(c, { kind: "stream", agent: agent.name });
    try {
      const { value: params = {} } = await readJsonBody(c.req.raw, service.limits);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      const events = lifecycle.run(() => agent.stream(lifecycle.id, params));
      return await startEventStream(c, toWireEvents(events), {
        owner: lifecycle,
        format: SSE,
        heartbeat: service.heartbeat,
        toErrorEvents: (thrown) => [problemEvent(lifecycle.toProblem(thrown), lifecycle.requestId)],
      });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

async function* toWireEvents(events: AsyncIterable<StreamEvent>): AsyncGenerator<WireEvent> {
  for await (const event of events) {
    // After a retry or a fallback the call may still fail with a status.
    const isTentative = event.type === "retry" || event.type === "fallback";
    yield { event: event.type, data: toPublicEvent(event), isTentative };
  }
}

/** Maps an event for clients: of errors only what {@linkcode toPublicError} keeps. */
function toPublicEvent(event: StreamEvent): unknown {
  switch (event.type) {
    case "result":
      return { type: "result", result: toPublicResult(event.result) };
    case "retry":
    case "fallback":
      return { ...event, error: toPublicError(event.error) };
    case "tool-end":
      return { ...event, error: event.error && { code: event.error.code } };
    default:
      return event;
  }
}
