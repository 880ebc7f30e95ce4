/** Fields that the provider adds are left out or renamed where the server rejects them. */
import { batch, defineAgent, defineTool } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { type Body, recordingServer, textAnswer } from "./helpers.ts";

const lookUp = defineTool({ name: "look_up", input: { type: "object" }, run: () => 1 });

const OPENAI_MESSAGE = "Unsupported parameter: 'max_tokens' is not supported with this model. " +
  "Use 'max_completion_tokens' instead.";
const OPENAI_ERROR = {
  error: {
    message: OPENAI_MESSAGE,
    type: "invalid_request_error",
    param: "max_tokens",
    code: "unsupported_parameter",
  },
};
const FORBIDDEN = (field: string) => ({
  detail: [{
    type: "extra_forbidden",
    loc: ["body", field],
    msg: "Extra inputs are not permitted",
    input: { include_usage: true },
  }],
});

interface Case {
  /** The field that the server rejects, and how. */
  readonly field: string;
  readonly status: number;
  readonly error: unknown;
  readonly streamed?: boolean;
  readonly options?: OpenAIOptions;
  readonly model?: string;
  readonly reasoningEffort?: "low";
}

const CASES: Readonly<Record<string, Case>> = {
  "max_tokens, as OpenAI and Azure do": { field: "max_tokens", status: 400, error: OPENAI_ERROR },
  "max_tokens, as LiteLLM passes it on": {
    field: "max_tokens",
    status: 400,
    error: {
      error: {
        message: `litellm.BadRequestError: AzureException - ${OPENAI_MESSAGE}`,
        type: null,
        param: null,
        code: "400",
      },
    },
  },
  "max_tokens, as OpenRouter passes it on": {
    field: "max_tokens",
    status: 400,
    error: {
      error: {
        message: "Provider returned error",
        code: 400,
        metadata: { raw: JSON.stringify(OPENAI_ERROR), provider_name: "Azure" },
      },
    },
  },
  "max_completion_tokens, of a model with a known name": {
    field: "max_completion_tokens",
    model: "gpt-5-clone",
    status: 422,
    error: FORBIDDEN("max_completion_tokens"),
  },
  "stream_options, as Mistral does": {
    field: "stream_options",
    streamed: true,
    status: 422,
    error: FORBIDDEN("stream_options"),
  },
  "stream_options, within a message of a gateway": {
    field: "stream_options",
    streamed: true,
    status: 422,
    error: { object: "error", message: FORBIDDEN("stream_options"), code: null },
  },
  "stream_options, as plain text": {
    field: "stream_options",
    streamed: true,
    status: 400,
    error: "Unknown field: stream_options",
  },
  "stream_options, as an invalid parameter": {
    field: "stream_options",
    streamed: true,
    status: 400,
    error: { error: { message: "Invalid parameter: 'stream_options'." } },
  },
  "encrypted reasoning of the Responses API": {
    field: "include",
    options: { api: "responses" },
    reasoningEffort: "low",
    status: 400,
    error: {
      error: {
        message: "Encrypted content is not supported with this model.",
        type: "invalid_request_error",
        param: "include",
        code: null,
      },
    },
  },
};

function reject({ status, error }: Case): Response {
  const body = typeof error === "string" ? error : JSON.stringify(error);
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

const LIMITS = ["max_tokens", "max_completion_tokens"];

for (const [title, one] of Object.entries(CASES)) {
  const { field, streamed, options, model = "m", reasoningEffort } = one;

  Deno.test(`learned fields: ${title}`, async () => {
    await using server = recordingServer((body) =>
      field in body ? reject(one) : textAnswer(body, "ok")
    );
    await using provider = openai({ baseURL: server.url, ...options });
    const A = defineAgent({
      name: "a",
      model,
      prompt: "x",
      maxTokens: 9,
      // The Responses API asks for encrypted reasoning only beside tools.
      tools: field === "include" ? [lookUp] : [],
      retries: 0,
      provider,
      ...(reasoningEffort && { reasoningEffort }),
    });
    const call = () => A.call({}, streamed ? { onDelta() {} } : {});
    const first = await call();
    assertEquals(first.content, "ok");
    assertEquals(server.bodies.map((body) => field in body), [true, false]);
    // The rejected request is listed, with its status, and is not billed.
    assertEquals(first.attempts.map(({ status, error }) => [status, error?.code]), [
      [one.status, "provider"],
      [undefined, undefined],
    ]);
    assertEquals(first.attempts[0]!.usage, undefined);
    assertEquals(first.usage.totalTokens, 5);

    const second = await call();
    assertEquals([second.attempts.length, server.bodies.length], [1, 3]);
    if (LIMITS.includes(field)) {
      const other = LIMITS.find((name) => name !== field)!;
      assertEquals(server.bodies.slice(1).map((body) => body[other]), [9, 9]);
    }
  });
}

Deno.test("learned fields: each first call learns, and none sends more than two requests", async () => {
  await using server = recordingServer((body) =>
    "max_tokens" in body ? Response.json(OPENAI_ERROR, { status: 400 }) : textAnswer(body, "ok")
  );
  await using provider = openai({ baseURL: server.url });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", maxTokens: 9, provider });
  const calls = Array.from({ length: 20 }, () => [A, {}] as const);
  const results = await batch(calls, { concurrency: 20 });
  assert(results.every(({ ok, attempts }) => ok && attempts.length <= 2));
  const sent = results.reduce((sum, { attempts }) => sum + attempts.length, 0);
  assertEquals(sent, server.bodies.length);
  await A.call({});
  assertEquals(server.bodies.length, sent + 1);
});

Deno.test("learned fields: several are learned one after another, and by model", async () => {
  await using server = recordingServer((body) => {
    if (body.model === "lenient") return textAnswer(body, "ok");
    if ("stream_options" in body) {
      return Response.json(FORBIDDEN("stream_options"), { status: 422 });
    }
    if ("max_tokens" in body) return Response.json(OPENAI_ERROR, { status: 400 });
    return textAnswer(body, "ok");
  });
  await using provider = openai({ baseURL: server.url });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", maxTokens: 9, provider });
  assertEquals((await A.call({}, { onDelta() {} })).attempts.length, 3);
  assertEquals((await A.call({}, { onDelta() {} })).attempts.length, 1);
  await A.call({}, { model: "lenient", onDelta() {} });
  const last = server.bodies.at(-1)!;
  assertEquals([last.max_tokens, last.stream_options], [9, { include_usage: true }]);
});

Deno.test("learned fields: what the user passed is not left out", async () => {
  const errors: [Body, Body][] = [
    [{ extra: { stream_options: { include_usage: true } } }, FORBIDDEN("stream_options")],
    [{ extra: { max_tokens: 5 } }, OPENAI_ERROR],
    [{ temperature: 0 }, {
      error: {
        message: "Unsupported parameter: 'temperature' is not supported with this model.",
        param: "temperature",
        code: "unsupported_parameter",
      },
    }],
    // The name is supported, and only the value is not.
    [{ maxTokens: 1e6 }, {
      error: {
        message: "max_tokens is too large: 1000000. This model supports at most 4096 tokens.",
        param: "max_tokens",
        code: "invalid_value",
      },
    }],
    [{ maxTokens: 1e6 }, {
      error: { message: "max_tokens must be at most 4096", param: "max_tokens", code: null },
    }],
    // The error is about something else, and repeats the request.
    [{ maxTokens: 9 }, {
      detail: [{
        type: "missing",
        loc: ["body", "tools"],
        msg: "Unknown",
        input: { max_tokens: 9, stream_options: {} },
      }],
    }],
  ];
  for (const [settings, error] of errors) {
    await using server = recordingServer(() => Response.json(error, { status: 400 }));
    await using provider = openai({ baseURL: server.url });
    const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, ...settings });
    assertEquals((await errorOf(A.call({}, { onDelta() {} }))).status, 400);
    assertEquals(server.bodies.length, 1, JSON.stringify(error));
  }
});

Deno.test("learned fields: reports the last error of a server that rejects both forms", async () => {
  await using server = recordingServer((body) =>
    Response.json({
      error: {
        message: `Unsupported parameter: '${"max_tokens" in body ? "max_tokens" : LIMITS[1]}'`,
        code: "unsupported_parameter",
        param: "max_tokens" in body ? "max_tokens" : LIMITS[1],
      },
    }, { status: 400 })
  );
  await using provider = openai({ baseURL: server.url, apiKey: "secret-key-123" });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", maxTokens: 9, provider });
  const error = await errorOf(A.call({}));
  assertStringIncludes(error.message, "'max_completion_tokens'");
  assertEquals(error.attempts.map(({ status }) => status), [400, 400]);
  // Nothing was learned, as neither form was accepted.
  await errorOf(A.call({}));
  assertEquals(server.bodies.map((body) => "max_tokens" in body), [true, false, true, false]);
});

Deno.test("max tokens: the name follows the model, also for fallbacks", async () => {
  await using server = recordingServer((body) => textAnswer(body, "ok"));
  await using provider = openai({ baseURL: server.url });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", maxTokens: 9, provider });
  const nameFor = async (model: string) => {
    await A.call({}, { model });
    return LIMITS.filter((name) => name in server.bodies.at(-1)!);
  };
  const recent = ["gpt-5-mini", "openai/gpt-5", "azure/gpt-5.1", "o3", "openai/o4-mini", "GPT-6"];
  for (const model of recent) assertEquals(await nameFor(model), [LIMITS[1]], model);
  const older = ["gpt-4o", "gpt-oss-120b", "gpt-35-turbo", "mistral-large", "phi-4", "olmo-2", "m"];
  for (const model of older) assertEquals(await nameFor(model), [LIMITS[0]], model);

  await using failing = recordingServer((body) =>
    body.model === "m" ? Response.json({}, { status: 500 }) : textAnswer(body, "ok")
  );
  await using other = openai({ baseURL: failing.url });
  const { model } = await A.with({ provider: other, retries: 0, fallbackModels: ["o3"] }).call({});
  assertEquals(model, "o3");
  assertEquals(failing.bodies.map((body) => LIMITS.filter((name) => name in body)), [
    [LIMITS[0]],
    [LIMITS[1]],
  ]);
});

Deno.test("max tokens: maxTokensField sets the name, and is not unlearned", async () => {
  await using server = recordingServer((body) =>
    "max_tokens" in body ? Response.json(OPENAI_ERROR, { status: 400 }) : textAnswer(body, "ok")
  );
  const agent = { name: "a", model: "m", prompt: "x", maxTokens: 9 } as const;
  await using newer = openai({ baseURL: server.url, maxTokensField: "max_completion_tokens" });
  await defineAgent({ ...agent, provider: newer }).call({});
  await using older = openai({ baseURL: server.url, maxTokensField: "max_tokens" });
  await errorOf(defineAgent({ ...agent, provider: older }).call({}));
  assertEquals(server.bodies.map((body) => "max_tokens" in body), [false, true]);
  assertThrows(
    () => openai({ baseURL: server.url, maxTokensField: "max_output_tokens" as never }),
    TypeError,
    'maxTokensField must be "max_tokens" or "max_completion_tokens"',
  );
});

Deno.test("stream_options: are not sent to Mistral, whose streams have usage", async () => {
  const bodies: Body[] = [];
  const send: typeof fetch = (_, init) => {
    const body = JSON.parse(String(init?.body));
    bodies.push(body);
    return Promise.resolve(textAnswer(body, "ok"));
  };
  for (const baseURL of ["https://api.mistral.ai/v1", "https://api.example.com/v1"]) {
    await using provider = openai({ baseURL, apiKey: "k", fetch: send });
    await defineAgent({ name: "a", model: "m", prompt: "x", provider }).call({}, { onDelta() {} });
  }
  assertEquals(bodies.map((body) => body.stream_options), [undefined, { include_usage: true }]);
});

Deno.test("learned fields: a rejection with status 200 is learned from, also for a stream", async () => {
  await using server = recordingServer((body) =>
    "max_tokens" in body
      ? Response.json({ error: { ...OPENAI_ERROR.error, code: 400 } })
      : textAnswer(body, "ok")
  );
  for (const options of [{}, { onDelta() {} }]) {
    await using provider = openai({ baseURL: server.url });
    const A = defineAgent({
      name: "a",
      model: "m",
      prompt: "x",
      maxTokens: 9,
      retries: 0,
      provider,
    });
    const before = server.bodies.length;
    assertEquals((await A.call({}, options)).content, "ok");
    assertEquals(server.bodies.length - before, 2);
  }
});
