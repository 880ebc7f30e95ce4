/** A model's server on loopback that answers as each test needs. */
import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { delay, serve } from "../helpers.ts";

/** An answer of the model's server. */
export interface UpstreamAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

/** A model's server, and an agent that calls it. */
export interface Upstream extends AsyncDisposable {
  /** The bodies of the requests. */
  // deno-lint-ignore no-explicit-any -- each test reads other members
  readonly requests: any[];
  /** An agent with one parameter. */
  readonly agent: ReturnType<typeof createAgent>;
}

function createAgent(baseURL: string, retries: number) {
  const provider = openai({ baseURL, apiKey: "upstream-key" });
  const agent = defineAgent({ name: "up", model: "m", prompt: "{text}", provider, retries });
  return Object.assign(agent, { provider });
}

/**
 * Serves answers in turn, the last one from then on, each after `pause` milliseconds. A list of
 * chunks is sent as server-sent events.
 */
export function serveUpstream(
  answers: readonly UpstreamAnswer[],
  { pause = 0, retries = 0 }: { pause?: number; retries?: number } = {},
): Upstream {
  const requests: unknown[] = [];
  const served = serve({
    async fetch(request: Request) {
      requests.push(await request.json());
      const { status = 200, headers = {}, body } = answers[requests.length - 1] ?? answers.at(-1)!;
      await delay(pause);
      const isStream = Array.isArray(body);
      const text = isStream
        ? [...body.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((data) =>
          `data: ${data}\n\n`
        ).join("")
        : JSON.stringify(body);
      const type = isStream ? "text/event-stream" : "application/json";
      return new Response(text, { status, headers: { "content-type": type, ...headers } });
    },
  });
  const agent = createAgent(`${served.url}/v1`, retries);
  return {
    requests,
    agent,
    async [Symbol.asyncDispose]() {
      await agent.provider[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    },
  };
}

/** An error as OpenAI's server sends it. */
export function refusedWith(
  status: number,
  error: object = {},
  headers: Record<string, string> = {},
): UpstreamAnswer {
  return { status, headers, body: { error: { message: "the key sk-1", type: "x", ...error } } };
}

/** The chunks of a streamed answer. */
export function chunksOf(
  deltas: readonly object[],
  finishReason = "stop",
): UpstreamAnswer {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
  });
  return { body: [...deltas.map((delta) => chunk(delta)), chunk({}, finishReason)] };
}
