/** Tests that refusals and answers that were cut off are answers, as with OpenAI's server. */
import { defineAgent, type ModelReply, type Provider, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { LengthFinishReasonError } from "openai/error";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { request, routes, serve, TOKEN } from "../helpers.ts";

const Label = z.object({ label: z.string() });
const usage = {
  inputTokens: 10,
  cachedInputTokens: 4,
  cacheWriteTokens: 2,
  outputTokens: 5,
  reasoningTokens: 3,
  totalTokens: 15,
};

/** An agent whose provider streams these deltas, then replies. */
function replying(reply: Partial<ModelReply>, deltas: readonly string[] = []) {
  const whole: ModelReply = { text: deltas.join(""), finishReason: "stop", usage, ...reply };
  const provider: Provider = {
    name: "replying",
    generate: () => Promise.resolve(whole),
    async *stream() {
      for (const text of deltas) yield { type: "delta", text };
      yield { type: "reply", reply: await Promise.resolve(whole) };
    },
  };
  const options = { model: "m", prompt: "{text}", provider, retries: 0, repair: 0 };
  return [
    defineAgent({ name: "text", ...options }),
    defineAgent({ name: "typed", ...options, output: Label }),
  ];
}

/** The answers of all routes, in the same form. */
async function ask(agents: ReturnType<typeof replying>, model: string) {
  await using served = serve(routes(agents));
  const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
  const chat = { model, messages: [{ role: "user" as const, content: "x" }] };
  const responses = { model, input: "x" };
  const completion = await openai.chat.completions.create(chat);
  const streamed = await openai.chat.completions.stream({
    ...chat,
    stream_options: { include_usage: true },
  }).finalChatCompletion();
  const response = await openai.responses.create(responses);
  const final = await openai.responses.stream(responses).finalResponse();
  return { completion, streamed, response, final };
}

function usageOf(completion: OpenAI.ChatCompletion) {
  const { prompt_tokens, completion_tokens, total_tokens } = completion.usage!;
  return [prompt_tokens, completion_tokens, total_tokens];
}

for (const model of ["text", "typed"]) {
  Deno.test(`${model}: a refusal is in its own field`, async () => {
    const { completion, streamed, response, final } = await ask(
      replying({ refusal: "I can't help with that." }),
      model,
    );
    for (const { choices: [choice] } of [completion, streamed]) {
      assertEquals([choice!.message.content || null, choice!.message.refusal], [
        null,
        "I can't help with that.",
      ]);
      assertEquals(choice!.finish_reason, "stop");
    }
    assertEquals([usageOf(completion), usageOf(streamed)], [[10, 5, 15], [10, 5, 15]]);
    for (const { status, output, output_text, usage } of [response, final]) {
      assertEquals([status, output_text], ["completed", ""]);
      const [item] = output;
      const [part] = item!.type === "message" ? item!.content : [];
      assertEquals([part!.type, part!.type === "refusal" && part!.refusal], [
        "refusal",
        "I can't help with that.",
      ]);
      assertEquals(usage, {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 15,
      });
    }
  });

  Deno.test(`${model}: a content filter is a finish reason`, async () => {
    const { completion, streamed, response, final } = await ask(
      replying({ finishReason: "content_filter" }, ["So ", "far"]),
      model,
    );
    for (const { choices: [choice] } of [completion, streamed]) {
      assertEquals([choice!.message.content, choice!.finish_reason], ["So far", "content_filter"]);
    }
    for (const { status, incomplete_details, output_text } of [response, final]) {
      assertEquals([status, incomplete_details, output_text], [
        "incomplete",
        { reason: "content_filter" },
        "So far",
      ]);
    }
  });

  Deno.test(`${model}: an answer that reached its limit of tokens is incomplete`, async () => {
    const { completion, streamed, response, final } = await ask(
      replying({ finishReason: "length" }, ['{"lab', 'el":']),
      model,
    );
    for (const { choices: [choice] } of [completion, streamed]) {
      assertEquals([choice!.message.content, choice!.finish_reason], ['{"label":', "length"]);
    }
    for (const { status, incomplete_details, output, output_text } of [response, final]) {
      assertEquals([status, incomplete_details, output_text], [
        "incomplete",
        { reason: "max_output_tokens" },
        '{"label":',
      ]);
      assertEquals(output[0]!.type === "message" && output[0]!.status, "incomplete");
    }
  });
}

Deno.test("parse: the client finds the refusal, and the limit of tokens", async () => {
  const ask = async (reply: Partial<ModelReply>) => {
    await using served = serve(routes(replying(reply)));
    const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
    const { choices } = await openai.chat.completions.parse({
      model: "typed",
      messages: [{ role: "user", content: "x" }],
      response_format: zodResponseFormat(Label, "label"),
    });
    return choices[0]!.message;
  };
  const { parsed, refusal } = await ask({ refusal: "No." });
  assertEquals([parsed, refusal], [null, "No."]);
  await assertRejects(() => ask({ finishReason: "length" }), LengthFinishReasonError);
});

Deno.test("a refusal of the last fallback model is a refusal", async () => {
  const provider = scripted([
    new ProviderError("down", { code: "provider", retryable: true }),
    { text: "", refusal: "No." },
  ]);
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: "{text}",
    provider,
    retries: 0,
    fallbackModels: ["m2"],
  });
  const { json } = await request(routes([agent]), "/v1/responses", { model: "a", input: "x" });
  assertEquals(json.output[0].content, [{ type: "refusal", refusal: "No." }]);
});

Deno.test("a filter of the prompt is a 400, and a cut connection a 502", async () => {
  const cases: [ProviderError, status: number, code: string][] = [
    [
      new ProviderError("filtered", { code: "filtered", status: 400, retryable: false }),
      400,
      "content_filter",
    ],
    [new ProviderError("cut off", { code: "truncated", retryable: true }), 502, "truncated"],
  ];
  for (const [error, status, code] of cases) {
    const provider = scripted(error);
    const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, retries: 0 });
    const app = routes([agent]);
    for (const stream of [false, true]) {
      const body = { model: "a", input: "x", stream };
      const response = await request(app, "/v1/responses", body);
      assertEquals([response.status, response.json.error.code], [status, code]);
    }
  }
});
