import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { type BatchItem, BatchRun } from "../batch/batch_run.ts";
import { type BatchRequest, parseBatchRequest } from "../batch/batch_request.ts";
import { BatchStream } from "../batch/batch_stream.ts";
import { readJsonBody } from "../read_body.ts";
import {
  eventStream,
  NDJSON,
  SINGLE_JSON,
  SSE,
  type WireEvent,
  type WireFormat,
} from "../event_stream.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";
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
    using lifecycle = service.admit(c, { kind: "batch" });
    try {
      const format = formatOf(c);
      const last = c.req.header("last-event-id");
      if (last !== undefined) return await resume(c, service, { lifecycle, last, format });
      const { raw } = c.req;
      const body = await readJsonBody(raw, service.limits);
      const request = parseBatchRequest(body.value, service);
      lifecycle.begin(request.calls.length);
      lifecycle.startDeadline(LAST_RESULTS);
      const run = new BatchRun(request, service.limits);
      c.header("vary", "accept");
      if (format === undefined) {
        const { heartbeat } = service;
        const toErrorEvent = failureIn(lifecycle);
        const options = { owner: lifecycle, format: SINGLE_JSON, heartbeat, toErrorEvent };
        return eventStream(c, whole(run, lifecycle, request), options);
      }
      const stream = new BatchStream(run, lifecycle.quota.id, {
        mostBytes: service.batches.maxBytesPerBatch,
        inputBytes: body.bytes,
      });
      service.batches.add(stream);
      return send(c, service, { stream, lifecycle, format, after: 0 });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

/** `GET /batch/:id`: goes on with a batch stream behind `Last-Event-ID`, or from its beginning as far as that is kept. */
export function resumeRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "batch" });
    try {
      const last = c.req.header("last-event-id") ?? `${c.req.param("id")}.0`;
      return await resume(c, service, { lifecycle, last, format: formatOf(c) });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

interface Resumed {
  readonly lifecycle: RequestLifecycle;
  readonly last: string;
  readonly format: WireFormat | undefined;
}

async function resume(
  c: Context<Env>,
  service: Service,
  { lifecycle, last, format = SSE }: Resumed,
): Promise<Response> {
  await c.req.raw.body?.cancel().catch(() => {});
  const [, id = "", seq] = last.match(/^([\w-]+)\.(\d{1,15})$/) ?? [];
  const stream = service.batches.find(id, lifecycle.quota.id);
  const after = Number(seq);
  if (stream === undefined || !stream.canResume(after)) {
    throw new Problem(
      410,
      "not_resumable",
      "Cannot go on with that batch as it is not kept here, or not any more: send it again",
    );
  }
  lifecycle.begin(stream.run.total);
  lifecycle.startDeadline(LAST_RESULTS);
  return send(c, service, { stream, lifecycle, format, after });
}

function send(
  c: Context<Env>,
  service: Service,
  { stream, lifecycle, format, after }: {
    stream: BatchStream;
    lifecycle: RequestLifecycle;
    format: WireFormat;
    after: number;
  },
): Response {
  return eventStream(c, stream.events(lifecycle, after), {
    owner: lifecycle,
    format,
    heartbeat: service.heartbeat,
    toErrorEvent: failureIn(lifecycle),
  });
}

/** What is said of a failure when the status has been sent: the problem, as an event. */
function failureIn(lifecycle: RequestLifecycle): (thrown: unknown) => WireEvent {
  return (thrown) => {
    const details = lifecycle.toProblem(thrown).details(lifecycle.id);
    return { event: "error", data: { ...details, type: "error" } };
  };
}

/**
 * All results in their order, and what they were like together. The answer begins before they are there: so it is noticed at once when
 * the client goes away, which Deno's server does not tell before an answer has begun. What is then not finished has failed.
 */
async function* whole(
  run: BatchRun,
  lifecycle: RequestLifecycle,
  { calls }: BatchRequest,
): AsyncGenerator<WireEvent> {
  const items = new Array<string>(calls.length);
  const put = ({ index, json }: BatchItem): void => {
    items[index] = json;
  };
  try {
    for await (const _ of run.run(lifecycle, put));
  } catch (error) {
    if (!lifecycle.signal.aborted) throw error;
    run.unfinishedItems().forEach(put);
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
