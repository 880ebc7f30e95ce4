/** A server on the loopback that sends a form, cut at random places. */
import { type Form, message, response } from "./form.ts";
import { serve } from "../serve.ts";

/** A running server. */
export interface FormServer extends AsyncDisposable {
  /** The base URL. */
  readonly url: string;
  /** The number of requests until now, without the rejected ones. */
  requests: number;
  /** The fields that were rejected, with the key and the model of each request. */
  readonly rejected: { readonly field: string; readonly by: string }[];
  /** The bodies of the requests, without the rejected ones. */
  // deno-lint-ignore no-explicit-any -- tests look at any part of it
  readonly bodies: any[];
  /** Decides where responses are cut, and how lines end. */
  seed: number;
  /** The pauses between the pieces of responses, which outlive a client that has gone. */
  readonly pauses: Set<Promise<void>>;
}

/** Starts a server that sends a form to every request, and "done" after the results of tools. */
export function serveForm(form: Form): FormServer {
  const server = serve(async (request) => {
    const body = await request.json();
    for (const [field, { status, json }] of Object.entries(form.rejects ?? {})) {
      if (!(field in body)) continue;
      running.rejected.push({ field, by: `${request.headers.get("authorization")} ${body.model}` });
      return Response.json(json, { status });
    }
    running.requests++;
    running.bodies.push(body);
    const wantsStream = body.stream === true;
    const hasToolResults = [...body.messages ?? [], ...body.input ?? []].some((item) =>
      item.role === "tool" || item.type === "function_call_output"
    );
    return hasToolResults ? doneResponse(form, wantsStream) : formResponse(form, {
      wantsStream,
      random: createRandom(running.seed + running.requests),
      pauses: running.pauses,
    });
  });
  const running: FormServer = {
    url: `${server.url}/v1`,
    requests: 0,
    rejected: [],
    bodies: [],
    seed: 1,
    pauses: new Set(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Promise.all(running.pauses);
    },
  };
  return running;
}

function formResponse(
  { status = 200, headers, json, events, text }: Form,
  { wantsStream, random, pauses }: Pick<FormServer, "pauses"> & {
    readonly wantsStream: boolean;
    readonly random: () => number;
  },
): Response {
  const sendsEvents = events !== undefined && (wantsStream || json === undefined);
  const content = text ?? (sendsEvents ? eventText(events, random) : JSON.stringify(json) ?? "");
  const type = text !== undefined
    ? "text/plain"
    : sendsEvents
    ? "text/event-stream; charset=utf-8"
    : "application/json";
  const all = typeof headers === "function" ? headers(Date.now()) : headers;
  const body = inPieces(new TextEncoder().encode(content), random, pauses);
  const isZipped = all?.["content-encoding"] === "gzip";
  return new Response(isZipped ? body.pipeThrough(new CompressionStream("gzip")) : body, {
    status,
    headers: { "content-type": type, ...all },
  });
}

function eventText(events: readonly unknown[], random: () => number): string {
  const text = events.map((event) =>
    typeof event === "string" ? event : `data: ${JSON.stringify(event)}\n\n`
  ).join("");
  return random() < 0.3 ? text.replaceAll("\n", "\r\n") : text;
}

/** Cuts a body at up to 8 places, which may be within a character or a line end. */
function inPieces(
  bytes: Uint8Array<ArrayBuffer>,
  random: () => number,
  pauses: Set<Promise<void>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const count = Math.floor(random() * 9);
  const cuts = Array.from({ length: count }, () => Math.floor(random() * bytes.length));
  const ends = [...new Set(cuts), bytes.length].sort((a, b) => a - b);
  return ReadableStream.from(pieces());

  async function* pieces() {
    let from = 0;
    for (const end of ends) {
      if (end === from) continue;
      yield bytes.subarray(from, end);
      from = end;
      // The next piece is sent in another turn of the event loop, and so in a packet of its own.
      const pause = new Promise<void>((resolve) => setTimeout(resolve, 0));
      pauses.add(pause);
      await pause;
      pauses.delete(pause);
    }
  }
}

/** The answer after the results of tools. */
function doneResponse({ api }: Form, wantsStream: boolean): Response {
  const choice = { index: 0, finish_reason: "stop" };
  if (api === "responses") {
    const complete = response([message("done")]);
    return wantsStream
      ? new Response(
        `data: ${JSON.stringify({ type: "response.completed", response: complete })}\n\n`,
        {
          headers: { "content-type": "text/event-stream" },
        },
      )
      : Response.json(complete);
  }
  const content = { role: "assistant", content: "done" };
  const base = { id: "1", created: 1, model: "m" };
  if (!wantsStream) return Response.json({ ...base, choices: [{ ...choice, message: content }] });
  const event = { ...base, choices: [{ ...choice, delta: content }] };
  return new Response(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** A small generator of repeatable random numbers from 0 to 1 (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed * 0x9e3779b9 | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
