import type { Context } from "hono";
import { delay } from "@std/async/delay";
import type { StreamEvent } from "../../agent/agent_stream.ts";
import { readJsonBody } from "../read_body.ts";
import { eventStream, SSE, type WireEvent } from "../event_stream.ts";
import { toPublicError } from "../public_error.ts";
import { toPublicResult } from "../public_result.ts";
import type { Env, Service } from "../service.ts";

/**
 * So long the answer's status is left open, in milliseconds: what fails at once is told by a status. Afterwards the client gets its
 * headers, and what fails is an event. It is short because Deno's server notices that a client is gone only once the answer has begun.
 */
const STATUS_WITHIN = 50;

/** `POST /:name/stream`: what happens in the call, as server-sent events; at the end `result` or `error`. */
export function streamRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    const agent = service.getAgent(c.req.param("name"));
    using lifecycle = service.admit(c, { kind: "stream", agent: agent.name });
    try {
      const { value: params = {} } = await readJsonBody(c.req.raw, service.limits);
      lifecycle.begin(1);
      lifecycle.startDeadline();
      const events = lifecycle.run(() => agent.stream(lifecycle.id, params));
      const first = events.next();
      await waitForFirstEvent(first);
      return eventStream(c, wireEvents(first, events), {
        owner: lifecycle,
        format: SSE,
        heartbeat: service.heartbeat,
        toErrorEvent: (thrown) => {
          const details = lifecycle.toProblem(thrown).details(lifecycle.id);
          return { event: "error", data: { ...details, type: "error" } };
        },
      });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

/** Waits for the first event, but not long. Throws what it throws. */
export async function waitForFirstEvent(first: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const late = delay(STATUS_WITHIN, { signal: waiting.signal }).catch(() => {});
  try {
    await Promise.race([first, late]);
  } finally {
    waiting.abort();
    // Who waited no longer hears of it where the events are read.
    first.catch(() => {});
  }
}

async function* wireEvents(
  first: Promise<IteratorResult<StreamEvent>>,
  events: AsyncIterator<StreamEvent>,
): AsyncGenerator<WireEvent> {
  try {
    for (let next = await first; !next.done; next = await events.next()) {
      yield { event: next.value.type, data: publicEvent(next.value) };
    }
  } finally {
    await events.return?.();
  }
}

/** The event as JSON: of errors only what {@linkcode toPublicError} tells. */
function publicEvent(event: StreamEvent): unknown {
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
