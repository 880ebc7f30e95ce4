/** A real server that keeps the bodies it receives, and answers in the form that they ask for. */
import { serve, type Served } from "../openai/helpers.ts";

/** A request body. */
// deno-lint-ignore no-explicit-any -- tests look at any part of it
export type Body = Record<string, any>;

/** A server and the bodies that it received. */
export interface RecordingServer extends Served {
  readonly bodies: Body[];
  /** The bodies as text. */
  readonly texts: string[];
}

/** Starts a server with this answer to each request. */
export function recordingServer(
  answer: (body: Body, n: number) => Response | Promise<Response>,
): RecordingServer {
  const bodies: Body[] = [];
  const texts: string[] = [];
  const served = serve(async (request) => {
    const text = await request.text();
    const n = texts.push(text) - 1;
    const body = JSON.parse(text);
    bodies.push(body);
    return await answer(body, n);
  });
  return Object.assign(served, { bodies, texts });
}

/** Answers with a message of Chat Completions: complete, or as the deltas of a stream. */
export function chatAnswer(
  { stream }: Body,
  message: object,
  deltas: readonly object[] = [message],
): Response {
  const calls = "tool_calls" in message;
  const finish_reason = calls ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 3, completion_tokens: 2 };
  const base = { id: "chatcmpl-1", model: "served-model" };
  if (!stream) {
    const choices = [{ index: 0, message: { role: "assistant", ...message }, finish_reason }];
    return Response.json({ ...base, choices, usage }, { headers: { "x-request-id": "req-1" } });
  }
  const chunks = deltas.map((delta) => ({ ...base, choices: [{ index: 0, delta }] }));
  const end = { ...base, choices: [{ index: 0, delta: {}, finish_reason }], usage };
  return events([...chunks, end, "[DONE]"]);
}

/** Answers with output items of the Responses API, complete or streamed. */
export function responsesAnswer({ stream }: Body, output: readonly unknown[]): Response {
  const usage = { input_tokens: 3, output_tokens: 2 };
  const response = { id: "resp-1", model: "served-model", status: "completed", output, usage };
  if (!stream) return Response.json(response, { headers: { "x-request-id": "req-1" } });
  return events([{ type: "response.completed", response }]);
}

/** Answers with a text in the form of the request: Chat Completions or Responses. */
export function textAnswer(body: Body, text: string): Response {
  if (!("input" in body)) return chatAnswer(body, { content: text });
  const content = [{ type: "output_text", text }];
  return responsesAnswer(body, [{ type: "message", role: "assistant", content }]);
}

/** Answers with server-sent events. */
export function events(list: readonly unknown[]): Response {
  const lines = list.map((one) => typeof one === "string" ? one : JSON.stringify(one));
  return new Response(lines.map((line) => `data: ${line}\n\n`).join(""), {
    headers: { "content-type": "text/event-stream", "x-request-id": "req-1" },
  });
}
