import type { ModelReply, ReportedCost, Usage } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  chunk,
  completion,
  DONE,
  neverAborts,
  type Pair,
  read,
  request,
  respondWith,
  streamOf,
} from "../providers/openai/helpers.ts";
import { TEXT_FORM, toResponsesUsage, USAGE_FORMS, type UsageForm } from "./usage_forms.ts";

const choice = { message: { role: "assistant", content: "hi" }, finish_reason: "stop" };
const output = [{ type: "message", content: [{ type: "output_text", text: "hi" }] }];

/** The complete response and the events of a stream, both with this usage. */
const chatPairs = (usage: unknown): [Pair, Pair] => [
  respondWith(completion(choice, usage)),
  streamOf(chunk("h"), chunk("i", "stop"), { choices: [], usage }, DONE),
];

function responsesPairs(usage: unknown): [Pair, Pair] {
  const response = { object: "response", status: "completed", output, usage };
  const events = [
    { type: "response.output_text.delta", delta: "hi" },
    { type: "response.completed", response },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  return [
    respondWith(response, {}, { api: "responses" }),
    respondWith(body, { headers }, { api: "responses" }),
  ];
}

async function checkOpenAI(pairs: [Pair, Pair], form: UsageForm): Promise<void> {
  await using json = pairs[0];
  await using events = pairs[1];
  check("JSON", await json.generate(), form);
  check("events", (await events.stream()).reply, form);
}

function check(how: string, { usage, cost }: ModelReply, form: UsageForm): void {
  const [inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens] =
    form.counts;
  const expected: Usage = {
    inputTokens,
    cachedInputTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens,
    totalTokens: inputTokens + outputTokens,
  };
  assertEquals(usage, expected, `${form.name}, ${how}`);
  checkCost(cost, form.cost);
}

function checkCost(cost: ReportedCost | undefined, expected: ReportedCost | undefined): void {
  assertEquals(Object.keys(cost ?? {}).sort(), Object.keys(expected ?? {}).sort());
  for (const [name, value] of Object.entries(expected ?? {})) {
    assertAlmostEquals(cost![name as keyof ReportedCost]!, value, 1e-12);
  }
}

for (const form of [...USAGE_FORMS, TEXT_FORM]) {
  Deno.test(`usage of ${form.name}: is read from Chat Completions`, async () => {
    await checkOpenAI(chatPairs(form.sent), form);
  });

  Deno.test(`usage of ${form.name}: is read from the Responses API`, async () => {
    await checkOpenAI(responsesPairs(toResponsesUsage(form.sent)), form);
  });
}

for (const form of USAGE_FORMS) {
  Deno.test(`usage of ${form.name}: is read through the AI SDK`, async () => {
    const pairs = chatPairs(form.sent);
    await using json = pairs[0];
    await using events = pairs[1];
    const providerOf = ({ sim: { url: baseURL } }: Pair) =>
      aiSdk(createOpenAICompatible({ name: "server", baseURL, includeUsage: true }));
    const signal = neverAborts();
    check("JSON", await providerOf(json).generate(request(), { signal }), form);
    const streamed = await read(providerOf(events).stream(request(), { signal }));
    check("events", streamed.reply, form);
  });
}

Deno.test("usage of Anthropic's own API: the input excludes the cache", async () => {
  const sent = {
    input_tokens: 3,
    output_tokens: 10,
    cache_read_input_tokens: 2,
    cache_creation_input_tokens: 1,
  };
  await checkOpenAI(chatPairs(sent), { name: "Anthropic", sent, counts: [6, 2, 1, 10, 0] });
});

Deno.test("usage of Perplexity's Responses API: details have Anthropic's names", async () => {
  const sent = {
    input_tokens: 900,
    output_tokens: 10,
    total_tokens: 910,
    input_tokens_details: { cache_creation_input_tokens: 100, cache_read_input_tokens: 700 },
    cost: {
      currency: "USD",
      input_cost: 0.1,
      output_cost: 0.2,
      tool_calls_cost: 0.3,
      total_cost: 0.6,
    },
  };
  const cost = { total: 0.6, input: 0.4, output: 0.2 };
  await checkOpenAI(responsesPairs(sent), {
    name: "Perplexity",
    sent,
    counts: [900, 700, 100, 10, 0],
    cost,
  });
});

Deno.test("usage in each event of a stream: the last one counts", async () => {
  const usage = (completion_tokens: number) => ({
    prompt_tokens: 4,
    completion_tokens,
    total_tokens: 4 + completion_tokens,
  });
  await using pair = streamOf(
    { ...chunk("a") as object, usage: usage(1) },
    { ...chunk("b") as object, usage: null },
    { ...chunk("c", "stop") as object, usage: usage(3) },
    DONE,
  );
  assertEquals((await pair.stream()).reply.usage?.outputTokens, 3);
});

Deno.test("usage in a stream: also in the choice, as Moonshot writes it, or in Groq's member", async () => {
  const usage = { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 };
  const last = chunk("b", "stop") as { readonly choices: readonly object[] };
  const places = [
    { ...last, choices: [{ ...last.choices[0], usage }] },
    { ...last, x_groq: { usage } },
  ];
  for (const place of places) {
    await using pair = streamOf(chunk("a"), place, DONE);
    assertEquals((await pair.stream()).reply.usage?.totalTokens, 7);
  }
});

Deno.test("usage in a stream: zeros at the end do not replace it", async () => {
  const usage = { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 };
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  await using pair = streamOf(
    { ...chunk("a") as object, usage },
    { ...chunk("b", "stop") as object, usage: zeros },
    DONE,
  );
  assertEquals((await pair.stream()).reply.usage?.totalTokens, 7);
});
