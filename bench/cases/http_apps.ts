/** Servers under test: the same route, as one would write it by hand and as Shoal has it. Each loads only what it needs. */
import { TASK } from "../measure/case.ts";
import { timedStream } from "./http_timed_stream.ts";

/** The token of who may call. */
export const TOKEN = "secret";

/** Answers requests, asking the model server at this base URL. */
export type App = (model: string) => Promise<Deno.ServeHandler>;

/** Routes that answer `POST /label` with JSON. */
export const JSON_APPS = {
  /** Hono, and a `fetch` of the same request. */
  bare: async (model) => {
    const { Hono } = await import("hono");
    const app = new Hono();
    app.post("/label", async (c) => {
      const { text } = await c.req.json();
      const answer = await requestModel(model, text, false);
      if (!answer.ok) return c.json({ error: answer.status }, 502);
      const { choices, usage } = await answer.json();
      return c.json({ content: choices[0].message.content, usage });
    });
    return app.fetch;
  },

  /** Hono, and a call. */
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

  /** Shoal's routes, with all that is on by default. */
  routes: async (model) => {
    const { agentRoutes } = await import("@shoal/agents/hono");
    return agentRoutes({ agents: [await defineLabel(model)], auth: { tokens: [TOKEN] } }).fetch;
  },
} satisfies Record<string, App>;

/** Routes that answer `POST /label/stream` piece by piece. */
export const STREAM_APPS = {
  /** Nothing but `Deno.serve`, and a clock: no model is asked. */
  clock: () => Promise.resolve(timedStream),

  /** Hono, which hands on what a `fetch` of the same request gives, as it is. */
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

  /** Hono, and the two libraries that one would take: reads the model's events, and writes its own. */
  anew: async (model) => {
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

  /** Shoal's routes, which let so many in. */
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
