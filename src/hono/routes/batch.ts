import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { type BatchItem, BatchRun } from "../batch/batch_run.ts";
import { type BatchRequest, batchRequest } from "../batch/batch_request.ts";
import { BatchStream } from "../batch/batch_stream.ts";
import { readJson } from "../read_body.ts";
import {
  eventStream,
  JSON_WHOLE,
  NDJSON,
  SSE,
  type WireEvent,
  type WireFormat,
} from "../event_stream.ts";
import type { Exchange } from "../request_lifecycle.ts";
import { Problem } from "../problem.ts";
import type { Env, Service } from "../service.ts";

const FORMATS: Readonly<Record<string, WireFormat>> = {
  "text/event-stream": SSE,
  "application/x-ndjson": NDJSON,
  "application/ndjson": NDJSON,
  "application/jsonl": NDJSON,
};

/** A batch that has run over its time tells what it has before it is ended. */
const LAST_RESULTS = 5_000;

/**
 * `POST /batch`: many calls, each of which may fail by itself. As JSON in their order when all have ended; or, as `Accept` says, as
 * server-sent events or lines of JSON, each as it ends. With `Last-Event-ID` it goes on with one whose client was lost.
 */
export function batchRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using exchange = service.enter(c, { kind: "batch" });
    try {
      const format = formatOf(c);
      const last = c.req.header("last-event-id");
      if (last !== undefined) return await resume(c, service, { exchange, last, format });
      const { raw } = c.req;
      const body = await readJson(raw, service.caps);
      const request = batchRequest(body.value, service);
      exchange.begin(request.calls.length);
      exchange.limitTime(LAST_RESULTS);
      const run = new BatchRun(request, service.caps);
      c.header("vary", "accept");
      if (format === undefined) {
        const { heartbeat } = service;
        const failed = failureIn(exchange);
        const options = { exchange, format: JSON_WHOLE, heartbeat, failed };
        return eventStream(c, whole(run, exchange, request), options);
      }
      const stream = new BatchStream(run, exchange.account.id, {
        mostBytes: service.batches.bytesOfOne,
        inputBytes: body.bytes,
      });
      service.batches.add(stream);
      return send(c, service, { stream, exchange, format, after: 0 });
    } catch (error) {
      throw exchange.problemOf(error);
    }
  };
}

/** `GET /batch/:id`: goes on with a batch stream behind `Last-Event-ID`, or from its beginning as far as that is kept. */
export function resumeRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using exchange = service.enter(c, { kind: "batch" });
    try {
      const last = c.req.header("last-event-id") ?? `${c.req.param("id")}.0`;
      return await resume(c, service, { exchange, last, format: formatOf(c) });
    } catch (error) {
      throw exchange.problemOf(error);
    }
  };
}

interface Resumed {
  readonly exchange: Exchange;
  readonly last: string;
  readonly format: WireFormat | undefined;
}

async function resume(
  c: Context<Env>,
  service: Service,
  { exchange, last, format = SSE }: Resumed,
): Promise<Response> {
  await c.req.raw.body?.cancel().catch(() => {});
  const [, id = "", seq] = last.match(/^([\w-]+)\.(\d{1,15})$/) ?? [];
  const stream = service.batches.find(id, exchange.account.id);
  const after = Number(seq);
  if (stream === undefined || !stream.canResume(after)) {
    throw new Problem(
      410,
      "not_resumable",
      "Cannot go on with that batch as it is not kept here, or not any more: send it again",
    );
  }
  exchange.begin(stream.run.total);
  exchange.limitTime(LAST_RESULTS);
  return send(c, service, { stream, exchange, format, after });
}

function send(
  c: Context<Env>,
  service: Service,
  { stream, exchange, format, after }: {
    stream: BatchStream;
    exchange: Exchange;
    format: WireFormat;
    after: number;
  },
): Response {
  return eventStream(c, stream.events(exchange, after), {
    exchange,
    format,
    heartbeat: service.heartbeat,
    failed: failureIn(exchange),
  });
}

/** What is said of a failure when the status has been sent: the problem, as an event. */
function failureIn(exchange: Exchange): (thrown: unknown) => WireEvent {
  return (thrown) => {
    const details = exchange.problemOf(thrown).details(exchange.id);
    return { event: "error", data: { ...details, type: "error" } };
  };
}

/**
 * All results in their order, and what they were like together. The answer begins before they are there: so it is noticed at once when
 * the client goes away, which Deno's server does not tell before an answer has begun. What is then not finished has failed.
 */
async function* whole(
  run: BatchRun,
  exchange: Exchange,
  { calls }: BatchRequest,
): AsyncGenerator<WireEvent> {
  const items = new Array<string>(calls.length);
  const put = ({ index, json }: BatchItem): void => {
    items[index] = json;
  };
  try {
    for await (const _ of run.work(exchange, put));
  } catch (error) {
    if (!exchange.signal.aborted) throw error;
    run.rest().forEach(put);
  }
  const data = `{"id":${JSON.stringify(run.id)},"results":[${items.join(",")}],` +
    `"summary":${JSON.stringify(run.summary())}}`;
  yield { data };
}

/** How the results are to come; `undefined` for all at once. */
function formatOf(c: Context): WireFormat | undefined {
  const type = accepts(c, {
    header: "Accept",
    supports: ["application/json", ...Object.keys(FORMATS)],
    default: "application/json",
  });
  return FORMATS[type];
}
