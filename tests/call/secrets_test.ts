/** Printing an agent or an error must not reveal prompts, keys or answers. */
import { defineAgent, ProviderError, type Result } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertFalse } from "@std/assert";
import { z } from "zod";
import { busy, handmade, reply } from "../helpers.ts";
import { print } from "../print.ts";

const SECRET = "s3cret";
const provider = Object.assign(scripted("ok"), { apiKey: `key-${SECRET}` });

function assertNoSecret(value: unknown): void {
  for (
    const text of [print(value, { depth: 99 }), String(JSON.stringify(value)), String(value)]
  ) {
    assertFalse(text.includes(SECRET), text);
  }
}

Deno.test("secrets: an agent shows only its name and model", () => {
  const A = defineAgent({
    name: "visible",
    model: "m",
    system: SECRET,
    prompt: `${SECRET} {x}`,
    extra: { SECRET },
    provider,
  });
  assertNoSecret(A);
  assertNoSecret(A.with({ system: SECRET }));
  assertNoSecret(A.stream({ x: SECRET }));
  assertNoSecret(defineAgent({ name: "r", run: () => SECRET }));
  assert(print(A).includes("visible"));
});

Deno.test("secrets: no error shows the prompt, the parameters, the answer or the key", async () => {
  const settle = (options: object, params: unknown = { x: SECRET }): Promise<Result> =>
    defineAgent({
      name: "a",
      model: "m",
      system: SECRET,
      prompt: `${SECRET} {x}`,
      retries: 0,
      provider,
      ...options,
    } as never).settle(params as never);
  const truncated = new ProviderError("the stream ended before its end", {
    code: "truncated",
    retryable: false,
    text: SECRET,
  });
  const failures = {
    missing: settle({}, { [`y`]: SECRET }),
    object: settle({}, { x: { SECRET: SECRET } }),
    messages: settle({ prompt: () => [{ role: SECRET, content: SECRET }] }),
    parts: settle({ prompt: () => [{ role: "user", content: [SECRET] }] }),
    refused: settle({ provider: scripted(reply(SECRET, { refusal: SECRET })) }),
    filtered: settle({ provider: scripted(reply(SECRET, { finishReason: "content_filter" })) }),
    notJson: settle({ output: z.object({}), provider: scripted(SECRET) }),
    misfit: settle({
      output: z.object({ n: z.number() }),
      provider: scripted(`{"n":"${SECRET}"}`),
    }),
    cut: settle({
      output: z.object({}),
      provider: scripted(reply(`{"${SECRET}`, { finishReason: "length" })),
    }),
    truncated: settle({ provider: scripted(truncated) }),
    busy: settle({ provider: scripted(busy()) }),
    garbage: settle({ provider: handmade({ generate: () => ({ texts: SECRET }) }) }),
    timeout: settle({
      timeout: 1,
      provider: handmade({ generate: () => new Promise(() => {}) }),
    }),
  };
  for (const [name, settling] of Object.entries(failures)) {
    const { error } = await settling;
    assert(error !== undefined, name);
    assertNoSecret(error);
    assertNoSecret(error.message);
    assertNoSecret(error.attempts);
    assertNoSecret(error.cause);
  }
});
