import type { Context } from "hono";
import { parseExact } from "../../model/exact_json.ts";
import { accepts } from "hono/accepts";
import { type BatchItem, BatchRun } from "../batch/batch_run.ts";
import { type BatchRequest, parseBatchRequest } from "../batch/batch_request.ts";
import { BatchStream } from "../batch/batch_stream.ts";
import { readJsonBody } from "../read_body.ts";
import { eventStream, problemEvent } from "../stream/event_stream.ts";
import {
  NDJSON,
  SINGLE_JSON,
  SSE,
  type WireEvent,
  type WireFormat,
} from "../stream/wire_format.ts";
import type { RequestLifecycle } from "../request_lifecycle.ts";
import { Problem } from "../problem.ts";
import type { Env, Service } from "../service.ts";

const FORMATS: Readonly<Record<string, WireFormat>> = {
  "text/event-stream": SSE,
  "application/x-ndjson": NDJSON,
  "application/ndjson": NDJSON,
  "application/jsonl": NDJSON,
};

const decoder = new TextDecoder();

/** Extra time after the deadline for a batch to send its last results, in milliseconds. */
const LAST_RESULTS_TIME = 5_000;

/**
 * `POST /batch`: makes many calls, which fail independently. `Accept` chooses between JSON with all
 * results in order, and server-sent events or lines of JSON with each result as it completes. With
 * `Last-Event-ID` it resumes a stream.
 */
export function batchRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "batch" });
    try {
      const format = negotiateFormat(c);
      const last = c.req.header("last-event-id");
      if (last !== undefined) return await resume(c, service, { lifecycle, last, format });
      const { raw } = c.req;
      const body = await readJsonBody(raw, service.limits);
      const request = parseBatchRequest(body.value, service);
      lifecycle.begin(request.calls.length);
      lifecycle.startDeadline(LAST_RESULTS_TIME);
      const run = new BatchRun(request, service.limits);
      c.header("vary", "accept");
      if (format === undefined) {
        const { heartbeat } = service;
        const toErrorEvents = errorMapper(lifecycle);
        const options = { owner: lifecycle, format: SINGLE_JSON, heartbeat, toErrorEvents };
        return eventStream(c, allResults(run, lifecycle, request), options);
      }
      const stream = new BatchStream(run, lifecycle.quota.id, {
        maxBytes: service.batches.maxBytesPerBatch,
        body: body.bytes,
        parse: (bytes) => parseBatchRequest(parseExact(decoder.decode(bytes)), service),
      });
      service.batches.add(stream);
      return send(c, service, { stream, lifecycle, format, after: 0 });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

/** `GET /batch/:id`: resumes a stream after `Last-Event-ID`, or from its start if that is kept. */
export function resumeRoute(service: Service) {
  return async (c: Context<Env>): Promise<Response> => {
    using lifecycle = service.admit(c, { kind: "batch" });
    try {
      const last = c.req.header("last-event-id") ?? `${c.req.param("id")}.0`;
      return await resume(c, service, { lifecycle, last, format: negotiateFormat(c) });
    } catch (error) {
      throw lifecycle.toProblem(error);
    }
  };
}

interface ResumeOptions {
  readonly lifecycle: RequestLifecycle;
  readonly last: string;
  readonly format: WireFormat | undefined;
}

async function resume(
  c: Context<Env>,
  service: Service,
  { lifecycle, last, format = SSE }: ResumeOptions,
): Promise<Response> {
  await c.req.raw.body?.cancel().catch(() => {});
  const [, id = "", seq] = last.match(/^([\w-]+)\.(\d{1,15})$/) ?? [];
  const stream = service.batches.find(id, lifecycle.quota.id);
  const after = Number(seq);
  if (stream === undefined || !stream.canResume(after)) {
    throw new Problem(
      410,
      "not_resumable",
      "Cannot resume the batch as it is unknown or no longer kept: send it again",
    );
  }
  lifecycle.begin(stream.run.total);
  lifecycle.startDeadline(LAST_RESULTS_TIME);
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
    toErrorEvents: errorMapper(lifecycle),
  });
}

function errorMapper(lifecycle: RequestLifecycle): (thrown: unknown) => readonly WireEvent[] {
  return (thrown) => [problemEvent(lifecycle.toProblem(thrown), lifecycle.requestId)];
}

/**
 * Yields all results in order, with a summary, as one event. It is streamed, as Deno's server
 * notices a disconnected client only once the response has begun. Calls that are aborted have
 * failed.
 */
async function* allResults(
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

/** Returns the format that `Accept` asks for; `undefined` for a single JSON value. */
function negotiateFormat(c: Context): WireFormat | undefined {
  const type = accepts(c, {
    header: "Accept",
    supports: ["application/json", ...Object.keys(FORMATS)],
    default: "application/json",
  });
  return FORMATS[type];
}
