/** Helpers of the simulator tests: requests, and the events of streams. */
import type { Simulator } from "../../../src/testing/simulator/simulator.ts";

export const user = (content: unknown) => [{ role: "user", content }];

/** Posts a chat request; `init` may carry a signal, headers or a client of Deno. */
export function chat(
  sim: Simulator,
  body: Record<string, unknown> = {},
  init: RequestInit & { client?: unknown } = {},
): Promise<Response> {
  return fetch(`${sim.url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: user("Hello"), ...body }),
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
  });
}

/** Returns the answer to a chat request, which must succeed. */
// deno-lint-ignore no-explicit-any
export async function answerTo(sim: Simulator, body: Record<string, unknown>): Promise<any> {
  const response = await chat(sim, body);
  const json = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(json));
  return json;
}

/** Returns the text of the answer to a user message. */
export async function say(sim: Simulator, content: unknown, system?: string): Promise<string> {
  const messages = [
    ...(system === undefined ? [] : [{ role: "system", content: system }]),
    ...user(content),
  ];
  return (await answerTo(sim, { messages })).choices[0].message.content;
}

/** Parses the events of a stream, and whether it ended with `[DONE]`. */
// deno-lint-ignore no-explicit-any
export function readEvents(text: string): { data: any[]; done: boolean } {
  const lines = text.split("\n\n").filter((event) => event.startsWith("data: "))
    .map((event) => event.slice(6));
  const done = lines.at(-1) === "[DONE]";
  return { data: lines.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line)), done };
}

/** Joins the text of all deltas. */
// deno-lint-ignore no-explicit-any
export function textOf(data: any[]): string {
  return data.map((chunk) => chunk.choices?.[0]?.delta?.content ?? "").join("");
}

/** Waits until a condition is true, for up to 5 s. */
export async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !test(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!test()) throw new Error("The condition did not become true within 5 s");
}
