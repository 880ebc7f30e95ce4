/** Numbers that a JavaScript number cannot hold, from request bodies to responses. */
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { routes, TOKEN } from "./helpers.ts";

const id = "1234567890123456789";
const prompts: string[] = [];
const provider = scripted(({ messages }) => {
  const prompt = String(messages.at(-1)!.content);
  prompts.push(prompt);
  return `{"id":${prompt.slice(3)},"ok":true}`;
});
const base = { model: "m", prompt: "id {id}", provider, repair: 0 } as const;
const Plain = defineAgent({
  ...base,
  name: "plain",
  output: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] },
});
const Numbers = defineAgent({
  ...base,
  name: "numbers",
  params: z.object({ id: z.number() }),
  output: z.object({ id: z.number() }),
});

/** Sends a body as text. Returns the text of the response. */
async function post(path: string, body: string, accept = "application/json"): Promise<string> {
  const app = routes([Plain, Numbers]);
  prompts.length = 0;
  const response = await app.request(path, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", accept, authorization: `Bearer ${TOKEN}` },
  });
  const text = await response.text();
  assertEquals([response.status, prompts], [200, [`id ${id}`]], text);
  return text;
}

Deno.test("parameters and answers keep their digits over HTTP", async () => {
  for (const name of ["plain", "numbers"]) {
    const params = `{"id":${id}}`;
    const batch = `{"calls":[{"agent":"${name}","params":${params}}]}`;
    const texts = [
      await post(`/${name}`, params),
      await post(`/${name}/stream`, params, "text/event-stream"),
      await post("/batch", batch),
      await post("/batch", batch, "text/event-stream"),
      await post("/batch", batch, "application/x-ndjson"),
    ];
    for (const text of texts) assertStringIncludes(text, `"content":{"id":${id}`);
  }
});

Deno.test("the OpenAI routes keep the digits of parameters and answers", async () => {
  const request = { model: "plain", messages: [{ role: "user", content: id }] };
  const text = await post("/v1/chat/completions", JSON.stringify(request));
  const { choices } = JSON.parse(text);
  assertEquals(choices[0].message.content, `{"id":${id},"ok":true}`);
});
