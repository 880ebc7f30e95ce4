/**
 * Servers under test: the same route written by hand and with Shoal. Each imports only what it
 * needs, so that the others' code costs it no memory.
 */
import { TASK } from "../measure/case.ts";
import { timedStream } from "./http_timed_stream.ts";

/** The token of the clients. */
export const TOKEN = "secret";

/** Returns the handler of a server that calls the model server at this base URL. */
export type App = (model: string) => Promise<Deno.ServeHandler>;

/** Servers that answer `POST /label` with JSON. */
export const JSON_APPS = {
  /** A Hono route that sends the request with `fetch`. */
  bare: async (model) => {
    const { Hono } = await import("hono");
    const app = new Hono();
    app.post("/label", async (c) => {
      const { text } = await c.req.json();
      const response = await requestModel(model, text, false);
      if (!response.ok) return c.json({ error: response.status }, 502);
      const { choices, usage } = await response.json();
      return c.json({ content: choices[0].message.content, usage });
    });
    return app.fetch;
  },

  /** A Hono route that calls an agent. */
  call: async (model) => {
    const { Hono } = await import("hono");
    const Label = await defineLabel(model);
    const app = new Hono();
    app.post("/label", async (c) => {
      const { content, usage } = await Label.call(await c.req.json());
      return c.json({ content, usage });
    });
    return app.fetch;
  },

  /** `agentRoutes` with the default options. */
  routes: async (model) => {
    const { agentRoutes } = await import("@shoal/agents/hono");
    return agentRoutes({ agents: [await defineLabel(model)], auth: { tokens: [TOKEN] } }).fetch;
  },
} satisfies Record<string, App>;

/** Servers that answer `POST /label/stream` with server-sent events. */
export const STREAM_APPS = {
  /** `Deno.serve` alone, with deltas from a timer and no model. */
  timer: () => Promise.resolve(timedStream),

  /** A Hono route that passes the body of a `fetch` through, unread. */
  bare: async (model) => {
    const { Hono } = await import("hono");
    const app = new Hono();
    app.post("/label/stream", async (c) => {
      const { text } = await c.req.json();
      const { status, body } = await requestModel(model, text, true);
      return new Response(body, { status, headers: { "content-type": "text/event-stream" } });
    });
    return app.fetch;
  },

  /** A Hono route that parses the model's events and writes its own, with the usual libraries. */
  parsed: async (model) => {
    const { Hono } = await import("hono");
    const { streamSSE } = await import("hono/streaming");
    const { EventSourceParserStream } = await import("eventsource-parser/stream");
    const app = new Hono();
    app.post("/label/stream", async (c) => {
      const { text } = await c.req.json();
      const { body } = await requestModel(model, text, true);
      return streamSSE(c, async (stream) => {
        const events = body!
          .pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream());
        for await (const { data } of events) {
          if (data === "[DONE]") break;
          const text = JSON.parse(data).choices[0]?.delta?.content;
          if (!text) continue;
          await stream.writeSSE({ event: "delta", data: JSON.stringify({ type: "delta", text }) });
        }
      });
    });
    return app.fetch;
  },

  /** `agentRoutes` with a limit above the number of clients. */
  routes: async (model) => {
    const { agentRoutes } = await import("@shoal/agents/hono");
    return agentRoutes({
      agents: [await defineLabel(model)],
      auth: { tokens: [TOKEN] },
      limits: { concurrency: 10_000 },
    }).fetch;
  },
} satisfies Record<string, App>;

async function defineLabel(model: string) {
  const { configure, defineAgent } = await import("@shoal/agents");
  const { openai } = await import("@shoal/agents/openai");
  configure({ prices: { bench: { input: 1, output: 1 } } });
  return defineAgent({
    name: "label",
    model: "bench",
    prompt: `${TASK} {text}`,
    provider: openai({ baseURL: model, apiKey: "none" }),
  });
}

function requestModel(model: string, text: string, stream: boolean): Promise<Response> {
  return fetch(`${model}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer none" },
    body: JSON.stringify({
      model: "bench",
      messages: [{ role: "user", content: `${TASK} ${text}` }],
      ...(stream && { stream, stream_options: { include_usage: true } }),
    }),
  });
}
