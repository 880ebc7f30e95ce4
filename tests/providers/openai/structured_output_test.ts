import { defineAgent, type Message, type ModelRequest } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import type { SimulatorRequest } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { buildChatRequest } from "../../../src/providers/openai/chat_request.ts";
import { request, respondWith, startPair } from "./helpers.ts";

const schema = { type: "object", properties: { label: { type: "string" } } };
const output = { name: "label", schema };
type Mode = NonNullable<OpenAIOptions["structuredOutput"]>;

const body = (mode: Mode | undefined, more: Partial<ModelRequest> = {}) =>
  buildChatRequest(request("x", { output, ...more }), "max_tokens", mode);

Deno.test("structured output: sends strict only if it was set", () => {
  for (const strict of [true, false]) {
    const { response_format } = body(undefined, { output: { ...output, strict } as never });
    assertEquals(response_format as unknown, {
      type: "json_schema",
      json_schema: { ...output, strict },
    });
  }
});

Deno.test("structured output: adds the schema to the system message", () => {
  for (const mode of ["json_object", "prompt"] as const) {
    const { messages, response_format } = body(mode);
    assertEquals(
      response_format as unknown,
      mode === "prompt" ? undefined : { type: "json_object" },
    );
    const [system, user] = messages;
    assertEquals([system!.role, user!.role], ["system", "user"]);
    assertStringIncludes(String(system!.content), "JSON");
    assertStringIncludes(String(system!.content), JSON.stringify(schema));
  }
});

Deno.test("structured output: keeps an existing system message", () => {
  const contents: [Message["content"], (content: unknown) => unknown][] = [
    ["Be brief.", (content) => String(content).startsWith("Be brief.\n\nAnswer with JSON")],
    ["", (content) => String(content).startsWith("Answer with JSON")],
    [
      [{ type: "text", text: "Be brief." }],
      (content) => (content as { text: string }[]).length === 2,
    ],
  ];
  for (const [content, fits] of contents) {
    const messages = [{ role: "system", content }, { role: "user", content: "x" }] as const;
    const converted = body("prompt", { messages }).messages;
    assertEquals(converted.length, 2);
    assert(fits(converted[0]!.content), JSON.stringify(converted[0]));
    assertEquals(messages[0].content, content);
  }
});

Deno.test("structured output: adds nothing without a schema", () => {
  for (const mode of ["json_object", "prompt"] as const) {
    assertEquals(body(mode, { output: undefined }), body(undefined, { output: undefined }));
  }
});

Deno.test("structured output: gives an agent its value in each way", async () => {
  const bodies: SimulatorRequest["body"][] = [];
  for (const structuredOutput of [undefined, "json_schema", "json_object", "prompt"] as const) {
    await using pair = startPair({
      script(request) {
        bodies.push(request.body);
        return undefined;
      },
    }, { structuredOutput });
    const Label = defineAgent({
      name: "label",
      model: "m",
      system: "Label the sentiment.",
      prompt: "Review: {text}",
      output: z.object({ sentiment: z.enum(["positive", "negative"]) }),
      provider: pair.provider,
      retries: 0,
    });
    const { content } = await Label.call({ text: "I love it" });
    assertEquals(content, { sentiment: "positive" });
  }
  const types = bodies.map((body) => (body.response_format as { type: string } | undefined)?.type);
  assertEquals(types, ["json_schema", "json_schema", "json_object", undefined]);
});

Deno.test("structured output: gives advice if a server rejects a schema", async () => {
  const refused = { error: { message: "response_format is not supported" } };
  for (const status of [400, 422]) {
    await using pair = respondWith(refused, { status });
    for (
      const error of [
        await pair.error(request("x", { output })),
        await pair.streamError(request("x", { output })),
      ]
    ) {
      assertEquals([error.code, error.status, error.retryable], ["provider", status, false]);
      assertStringIncludes(error.message, "response_format is not supported");
      assertStringIncludes(error.message, 'structuredOutput: "json_object"');
    }
    assert(!(await pair.error()).message.includes("structuredOutput"), "there was no schema");
  }
  await using busy = respondWith(refused, { status: 500 });
  assert(!(await busy.error(request("x", { output }))).message.includes("structuredOutput"));
  await using converted = respondWith(refused, { status: 400 }, { structuredOutput: "prompt" });
  assert(!(await converted.error(request("x", { output }))).message.includes("structuredOutput"));
});

Deno.test("structured output: is included in the provider's id", async () => {
  const ids: (string | undefined)[] = [];
  for (const structuredOutput of ["json_schema", "json_object", "prompt", undefined] as const) {
    await using provider = openai({ baseURL: "http://127.0.0.1:1/v1", structuredOutput });
    ids.push(provider.id);
  }
  assertEquals(new Set(ids).size, 3);
  assertEquals(ids[0], ids[3]);
});
