import { defineAgent, type ErrorCode, ProviderError } from "@shoal/agents";
import { simulator, type SimulatorFaultName } from "@shoal/agents/testing";
import {
  APICallError,
  EmptyResponseBodyError,
  InvalidPromptError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { errorsOf, request, streamed } from "./helpers.ts";
import { listen, neverAborts, read, serve } from "../openai/helpers.ts";
import { print } from "../../print.ts";

const PROMPT = "the words of the prompt";

function apiError(more: Partial<ConstructorParameters<typeof APICallError>[0]>): APICallError {
  return new APICallError({
    message: "It failed",
    url: "https://host/v1/chat?key=secret",
    requestBodyValues: { messages: [PROMPT] },
    ...more,
  });
}

/** Returns the error, which must be the same for a complete and a streamed request. */
async function both(thrown: unknown): Promise<ProviderError> {
  const [complete, streamed] = await errorsOf(thrown);
  assertEquals(streamed.message, complete.message);
  assertEquals(streamed.code, complete.code);
  return complete;
}

const STATUSES: [status: number, code: ErrorCode, retryable: boolean][] = [
  [400, "provider", false],
  [401, "provider", false],
  [403, "provider", false],
  [404, "provider", false],
  [408, "timeout", true],
  [409, "provider", true],
  [422, "provider", false],
  [429, "rate_limited", true],
  [500, "provider", true],
  [529, "provider", true],
];
for (const [status, code, retryable] of STATUSES) {
  Deno.test(`ai-sdk errors: classifies ${status} by its status`, async () => {
    const error = await both(apiError({ statusCode: status, message: "max_tokens: 500 at most" }));
    assertEquals([error.status, error.code, error.retryable], [status, code, retryable]);
    assertEquals(error.message, `the server answered ${status}: max_tokens: 500 at most`);
    assertEquals(error.cause, undefined);
  });
}

/** What servers send with a 429, and the wait that it asks for. */
const WAITS: [headers: Record<string, string>, body: unknown, ms: number | undefined][] = [
  [{ "retry-after": "2" }, { error: { message: "try again in 9s" } }, 2000],
  [{}, { error: { message: "Please try again in 1m30.5s." } }, 90_500],
  [{}, [{ error: { details: [{ "@type": "RetryInfo", retryDelay: "34s" }] } }], 34_000],
  [{}, "Too many requests, retry after 5 seconds", 5000],
  [
    {
      "x-ratelimit-limit-requests": "120",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "45000",
      "x-ratelimit-renewalperiod-requests": "60",
    },
    {},
    45_000,
  ],
  [{}, { error: { message: "Too many requests" } }, undefined],
];
for (const [headers, body, ms] of WAITS) {
  Deno.test(`ai-sdk errors: reads a wait of ${ms} ms from ${JSON.stringify([headers, body])}`, async () => {
    const responseBody = typeof body === "string" ? body : JSON.stringify(body);
    const error = await both(
      apiError({ statusCode: 429, responseHeaders: headers, responseBody }),
    );
    assertEquals([error.code, error.retryAfterMs], ["rate_limited", ms]);
  });
}

Deno.test("ai-sdk errors: x-should-retry overrides the status", async () => {
  for (
    const [statusCode, header, retryable] of [
      [429, "false", false],
      [400, "true", true],
      [500, "maybe", true],
    ] as const
  ) {
    const responseHeaders = { "x-should-retry": header };
    const error = await both(apiError({ statusCode, responseHeaders }));
    assertEquals(error.retryable, retryable, `${statusCode} ${header}`);
  }
});

Deno.test("ai-sdk errors: prefers the provider's own isRetryable to the status", async () => {
  assertEquals((await both(apiError({ statusCode: 400, isRetryable: true }))).retryable, true);
  assertEquals((await both(apiError({ statusCode: 503, isRetryable: false }))).retryable, false);
  // The errors of the gateway have their own class.
  class GatewayRateLimitError extends Error {
    statusCode = 429;
    isRetryable = true;
  }
  const limited = await both(new GatewayRateLimitError("Slow down"));
  assertEquals([limited.code, limited.status, limited.retryable], ["rate_limited", 429, true]);
});

Deno.test("ai-sdk errors: does not retry an exceeded quota, wherever the code stands", async () => {
  const error = { message: "You exceeded your quota", code: "insufficient_quota" };
  const variants = [
    { data: { error } },
    { data: { error: { ...error, code: null, type: "insufficient_quota" } } },
    { data: error },
    { responseBody: JSON.stringify({ error }) },
  ];
  for (const more of variants) {
    const thrown = await both(apiError({ statusCode: 429, ...more }));
    assertEquals([thrown.code, thrown.retryable], ["rate_limited", false]);
  }
  // The words of the message are ignored.
  const words = apiError({ statusCode: 429, message: "insufficient_quota" });
  assertEquals((await both(words)).retryable, true);
});

Deno.test("ai-sdk errors: keeps the reason in the body", async () => {
  const bodies: [body: string, reason: string][] = [
    ['{"detail":"n is too large"}', "n is too large"],
    ['{"detail":[{"loc":["body","n"],"msg":"too large"}]}', "body.n: too large"],
    ['{"error":"n is too large"}', "n is too large"],
    ["<html><title>Bad</title></html>", 'an HTML page with the title "Bad"'],
    ["", "It failed"],
  ];
  for (const [responseBody, reason] of bodies) {
    const error = await both(apiError({ statusCode: 400, responseBody }));
    assertEquals(error.message, `the server answered 400: ${reason}`);
  }
});

Deno.test("ai-sdk errors: recognizes filters and answers that could not be parsed", async () => {
  const filtered = await both(apiError({
    statusCode: 400,
    isRetryable: true,
    data: { error: { message: "No", innererror: { code: "ResponsibleAIPolicyViolation" } } },
  }));
  assertEquals([filtered.code, filtered.retryable], ["filtered", false]);
  const failed = { code: "tool_use_failed", message: "No", failed_generation: "<f" };
  const responseBody = JSON.stringify({ error: failed });
  const invalid = await both(apiError({ statusCode: 400, responseBody }));
  assertEquals([invalid.code, invalid.retryable, invalid.text], ["invalid_output", false, "<f"]);
});

Deno.test("ai-sdk errors: reads how long the server asks to wait", async () => {
  const waits = async (responseHeaders: Record<string, string>) =>
    (await both(apiError({ statusCode: 429, responseHeaders }))).retryAfterMs;
  assertEquals(await waits({ "retry-after": "7" }), 7000);
  assertEquals(await waits({ "Retry-After-Ms": "12" }), 12);
  assertEquals(await waits({ "retry-after": "soon" }), undefined);
  // A model that does not use HTTP may pass anything.
  assertEquals(await waits({ "no header": "7" }), undefined);
});

Deno.test("ai-sdk errors: keeps keys, prompts and responses out of messages", async () => {
  const secrets = [
    "sk-proj-abc123",
    "gsk_a1B2c3D4e5F6g7H8i9J0k1L2",
    "AIzaSyD-a1B2_c3-D4e5F6",
    "hf_AbCdEfGhIjKlMnOpQrStUv1234",
  ];
  for (const key of secrets) {
    for (const message of [`Incorrect API key: ${key}.`, `{"key":"${key}"}`]) {
      const error = await both(apiError({ statusCode: 401, message }));
      assert(!error.message.includes(key) && error.message.includes("[key]"), error.message);
    }
  }
  const body = `{"answer": "${PROMPT}`;
  const parse = new JSONParseError({ text: body, cause: new SyntaxError(PROMPT) });
  const thrown = [
    apiError({ statusCode: 200, message: "Invalid JSON response", cause: parse }),
    apiError({ statusCode: 200, responseBody: body }),
    apiError({ cause: new Error("no route to https://host/v1?key=secret"), isRetryable: true }),
    new InvalidPromptError({ prompt: PROMPT, message: PROMPT }),
    new InvalidResponseDataError({ data: PROMPT }),
    parse,
  ];
  for (const one of thrown) {
    for (const error of await errorsOf(one)) {
      const shown = print(error, { depth: 10 });
      assert(!shown.includes(PROMPT) && !shown.includes("secret"), shown);
    }
  }
  const long = await both(apiError({ statusCode: 500, message: "word ".repeat(1000) }));
  assert(long.message.length < 400);
  // The name of a model is not redacted.
  const named = await both(apiError({ statusCode: 404, message: "claude-sonnet-4-5-20250929?" }));
  assertEquals(named.message, "the server answered 404: claude-sonnet-4-5-20250929?");
});

Deno.test("ai-sdk errors: reports errors from before anything was sent", async () => {
  const unsupported = new UnsupportedFunctionalityError({ functionality: "images" });
  const cases: [Error, string][] = [
    [new LoadAPIKeyError({ message: "Set SOME_API_KEY" }), ": Set SOME_API_KEY"],
    [
      new NoSuchModelError({ modelId: "m", modelType: "languageModel" }),
      ": No such languageModel: m",
    ],
    [unsupported, ": 'images' functionality not supported."],
    [new InvalidPromptError({ prompt: "x", message: "x" }), " with an AI_InvalidPromptError"],
  ];
  for (const [thrown, why] of cases) {
    const error = await both(thrown);
    assertEquals(error.message, `the AI SDK rejected the request${why}`);
    assertEquals([error.code, error.retryable, error.status], ["provider", false, undefined]);
  }
});

Deno.test("ai-sdk errors: reports a malformed response", async () => {
  const cases: [Error, ErrorCode, string][] = [
    [new EmptyResponseBodyError(), "provider", "the server's response is empty"],
    [
      new JSONParseError({ text: "x", cause: "y" }),
      "provider",
      "the server's response is not JSON",
    ],
    [
      new InvalidResponseDataError({ data: {} }),
      "provider",
      "the server's response is not what the AI SDK expects",
    ],
    [
      apiError({ statusCode: 200, cause: new TypeError("error reading a body") }),
      "network",
      "the connection failed: error reading a body",
    ],
    [new TypeError("Fetch failed"), "network", "the connection failed: Fetch failed"],
    [apiError({ statusCode: 200 }), "provider", "the server's response cannot be read"],
    [apiError({}), "provider", "the server reported an error: It failed"],
  ];
  for (const [thrown, code, message] of cases) {
    const error = await both(thrown);
    assertEquals([error.message, error.code, error.status], [message, code, undefined]);
  }
});

Deno.test("ai-sdk errors: reports an error in a response with status 200", async () => {
  const body = (error: unknown) =>
    apiError({ statusCode: 200, responseBody: JSON.stringify({ error }) });
  const down = await both(body({ message: "The provider is down", code: 502 }));
  assertEquals(
    [down.message, down.status, down.retryable],
    ["the server answered 502: The provider is down", 502, true],
  );
  const spent = await both(body({ message: "No money", code: "insufficient_quota" }));
  assertEquals([spent.status, spent.retryable], [undefined, false]);
});

Deno.test("ai-sdk errors: does not request JSON again that came instead of a stream", async () => {
  const message = { role: "assistant", content: "forty-two" };
  let requests = 0;
  await using server = serve(() => {
    requests++;
    return Response.json({ choices: [{ index: 0, message, finish_reason: "stop" }] });
  });
  for (const create of [createOpenAICompatible, createOpenAI]) {
    const models = create({ name: "local", baseURL: server.url, apiKey: "none" });
    const provider = aiSdk(models);
    const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: { base: 1 } });
    const { error } = await A.settle({}, { onDelta() {} });
    assertEquals([error?.code, error?.retryable], ["provider", false]);
    assert(error!.message.endsWith("the server sent JSON where a stream was requested"));
  }
  assertEquals(requests, 2);
});

Deno.test("ai-sdk errors: reports an error part of a stream", async () => {
  const cases: [unknown, ErrorCode, number | undefined, boolean, string][] = [
    ["Overloaded", "provider", undefined, true, "the server reported an error: Overloaded"],
    [
      { message: "Slow down", code: 429 },
      "rate_limited",
      429,
      true,
      "the server answered 429: Slow down",
    ],
    [
      { message: "No", code: "insufficient_quota" },
      "provider",
      undefined,
      false,
      "the server reported an error: No",
    ],
    [
      { message: "Gone", statusCode: 404, isRetryable: false, data: {} },
      "provider",
      404,
      false,
      "the server answered 404: Gone",
    ],
    [
      new Error("Broken"),
      "provider",
      undefined,
      true,
      "the server reported an error: Broken",
    ],
    [apiError({ statusCode: 503 }), "provider", 503, true, "the server answered 503: It failed"],
    [
      new JSONParseError({ text: "x", cause: "y" }),
      "provider",
      undefined,
      true,
      "the server's response is not JSON",
    ],
    [undefined, "provider", undefined, true, "the server reported an error"],
    [
      new InvalidResponseDataError({ data: undefined, message: "No finish reason" }),
      "truncated",
      undefined,
      true,
      "the stream ended before the reply was complete",
    ],
  ];
  for (const [error, code, status, retryable, message] of cases) {
    const thrown = await assertRejects(
      () => streamed({ type: "text-delta", id: "1", delta: "Half" }, { type: "error", error }),
      ProviderError,
    );
    assertEquals(
      [thrown.message, thrown.code, thrown.status, thrown.retryable],
      [message, code, status, retryable],
    );
  }
});

Deno.test("ai-sdk errors: rethrows unknown errors unchanged", async () => {
  const bug = new Error("a bug in somebody's middleware");
  const provider = aiSdk(
    new MockLanguageModelV4({
      doGenerate: () => Promise.reject(bug),
      doStream: () => {
        throw bug;
      },
    }),
  );
  const thrown = (work: Promise<unknown>) => work.then(() => assert(false), (error) => error);
  assertStrictEquals(await thrown(provider.generate(request(), { signal: neverAborts() })), bug);
  assertStrictEquals(
    await thrown(read(provider.stream(request(), { signal: neverAborts() }))),
    bug,
  );
});

Deno.test("ai-sdk errors: does not take a timeout below the SDK for an abort", async () => {
  const late = await both(new DOMException("late", "TimeoutError"));
  assertEquals([late.code, late.retryable], ["timeout", true]);
  const aborted = await both(new DOMException("gone", "AbortError"));
  assertEquals([aborted.code, aborted.retryable], ["network", true]);
});

const FAULTS: [SimulatorFaultName, complete: ErrorCode, streamed: ErrorCode, retryable: boolean][] =
  [
    ["reset", "network", "network", true],
    ["resetBody", "network", "network", true],
    ["malformed", "provider", "provider", true],
    ["truncate", "provider", "truncated", true],
    ["streamError", "provider", "provider", true],
    ["emptyChoices", "provider", "truncated", true],
    ["insufficientQuota", "rate_limited", "rate_limited", false],
    ["error503", "provider", "provider", true],
  ];
for (const [fault, complete, piecewise, retryable] of FAULTS) {
  Deno.test(`ai-sdk errors: classifies ${fault} over HTTP`, async () => {
    await using sim = simulator({ script: () => fault, keepAlive: false });
    const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: sim.url }));
    const errors = [
      await assertRejects(
        () => provider.generate(request(), { signal: neverAborts() }),
        ProviderError,
      ),
      await assertRejects(
        () => read(provider.stream(request(), { signal: neverAborts() })),
        ProviderError,
      ),
    ];
    assertEquals(errors.map(({ code }) => code), [complete, piecewise]);
    assertEquals(errors.map((error) => error.retryable), [retryable, retryable]);
    for (const { message } of errors) assert(!/https?:|127\.0\.0\.1|Hello/.test(message), message);
  });
}

Deno.test("ai-sdk errors: reports an unreachable server", async () => {
  const closed = listen(() => {});
  await closed[Symbol.asyncDispose]();
  const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: closed.url }));
  const error = await assertRejects(
    () => provider.generate(request(), { signal: neverAborts() }),
    ProviderError,
  );
  assertEquals([error.code, error.retryable, error.status], ["network", true, undefined]);
  assert(!error.message.includes("http"), error.message);
});
