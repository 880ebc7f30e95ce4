import type { ErrorCode } from "@shoal/agents";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { classifyFailure, isFailure } from "../../../src/providers/http/classify_failure.ts";
import { readErrorReason } from "../../../src/providers/http/error_body.ts";
import { hidePrompt } from "../../../src/providers/http/prompt/hide_prompt.ts";

Deno.test("error body: finds the reason in every form", () => {
  const bodies: [body: unknown, reason: string | undefined][] = [
    [{ error: { message: "no" } }, "no"],
    [{ error: "no" }, "no"],
    [{ error: ["no", "never"] }, "no; never"],
    [[{ error: { message: "no" } }], "no"],
    [{ message: "no" }, "no"],
    [{ Message: "no" }, "no"],
    [{ msg: "no" }, "no"],
    [{ detail: "no" }, "no"],
    [{ detail: [{ loc: ["body", "n", 0], msg: "no" }, { msg: "never" }] }, "body.n.0: no; never"],
    [{ message: { detail: [{ loc: ["body"], msg: "no" }] } }, "body: no"],
    [{ errors: [{ message: "no" }] }, "no"],
    [{ errors: ["a", "b", "c", "d", "e"] }, "a; b; c (and 2 more)"],
    [{ error: "Bad Request", message: "n is missing" }, "n is missing"],
    [{ error: {}, message: "no" }, "no"],
    [{ title: "Bad", detail: "n is missing" }, "n is missing"],
    [{ fault: { faultstring: "no" } }, "no"],
    [{ error: "invalid_client", error_description: "no" }, "no"],
    [{ base_resp: { status_code: 1004, status_msg: "no" } }, "no"],
    [{ message: '{"error":{"message":"no"}}' }, "no"],
    ['{"error":{"message":"no"}}', "no"],
    ["no\n\n  more", "no more"],
    ["", undefined],
    [null, undefined],
    [{}, undefined],
    [{ error: { message: { text: "secret" } } }, undefined],
    ['{"half": "secret', undefined],
    ["<html><title>502</title><p>secret</p></html>", 'an HTML page with the title "502"'],
    ["<!doctype html>secret", "an HTML page"],
  ];
  for (const [body, reason] of bodies) {
    assertEquals(readErrorReason(body), reason, JSON.stringify(body));
  }
});

Deno.test("error body: reads any JSON without an error, on one short line", () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (json) => {
    const reason = readErrorReason(JSON.parse(json));
    assert(reason === undefined || (reason.length <= 4_000 && !/[\r\n]/.test(reason)));
    assert(typeof isFailure(JSON.parse(json)) === "boolean");
  }));
});

const STATUSES: [
  status: number | undefined,
  body: unknown,
  code: ErrorCode,
  status: number | undefined,
  retryable: boolean,
][] = [
  [400, {}, "provider", 400, false],
  [429, "", "rate_limited", 429, true],
  [503, "", "provider", 503, true],
  // The HTTP status counts before the one in the body, unless it is 2xx.
  [502, { error: { code: 400 } }, "provider", 502, true],
  [200, { error: { code: 400 } }, "provider", 400, false],
  [200, { status: 429, message: "no" }, "rate_limited", 429, true],
  [undefined, { status_code: "503" }, "provider", 503, true],
  [undefined, { error: { status: 408 } }, "timeout", 408, true],
  [undefined, { code: 40_401 }, "provider", undefined, true],
  // Names of statuses.
  [undefined, { type: "invalid_request_error" }, "provider", undefined, false],
  [undefined, { error: { type: "authentication_error" } }, "provider", undefined, false],
  [undefined, { error: { status: "RESOURCE_EXHAUSTED" } }, "rate_limited", undefined, true],
  [undefined, { error: { type: "overloaded_error" } }, "provider", undefined, true],
  // Codes that are final, whatever the status.
  [429, { error: { type: "exceeded_current_quota_error" } }, "rate_limited", 429, false],
  [429, { error: { code: "insufficient_quota" } }, "rate_limited", 429, false],
  [500, { error: { code: "context_length_exceeded" } }, "provider", 500, false],
  [503, { code: "account_deactivated" }, "provider", 503, false],
  [undefined, { error: { code: "billing_not_active" } }, "provider", undefined, false],
  // Filters.
  [400, { error: { code: "content_filter" } }, "filtered", 400, false],
  [
    400,
    { error: { innererror: { code: "ResponsibleAIPolicyViolation" } } },
    "filtered",
    400,
    false,
  ],
  // Words of messages do not count.
  [400, { error: { message: "content_filter 503" } }, "provider", 400, false],
  [500, { error: { message: "insufficient_quota" } }, "provider", 500, true],
];

Deno.test("classify failure: uses the status and the code, in any place", () => {
  for (const [given, body, code, status, retryable] of STATUSES) {
    const failure = classifyFailure(given, body);
    assertEquals(
      [failure.code, failure.status, failure.retryable],
      [code, status, retryable],
      `${given} ${JSON.stringify(body)}`,
    );
    const text = classifyFailure(given, JSON.stringify(body));
    assertEquals(text, failure);
  }
});

Deno.test("classify failure: keeps an answer that the server could not parse", () => {
  const error = { code: "json_validate_failed", failed_generation: "{half" };
  assertEquals(classifyFailure(400, { error }), {
    code: "invalid_output",
    status: 400,
    retryable: false,
    isFinal: true,
    reason: undefined,
    text: "{half",
  });
});

Deno.test("isFailure: distinguishes errors from answers", () => {
  const failures: unknown[] = [
    { error: "no" },
    { error: { message: "no" } },
    { error: ["no"] },
    [{ error: { code: 400 } }],
    { object: "error", message: "no" },
    { type: "error", code: "x" },
    { status: 400, detail: "no" },
    { success: false, message: "no" },
    { detail: [{ msg: "no" }] },
    { code: 400, message: "no", choices: null },
    { choices: null, base_resp: { status_code: 1004, status_msg: "no" } },
  ];
  for (const json of failures) assert(isFailure(json), JSON.stringify(json));
  const others: unknown[] = [
    null,
    [],
    5,
    {},
    { error: null },
    { error: {} },
    { error: { code: null, message: "" } },
    { choices: [], error: null },
    { choices: [{ message: { content: "an error" } }], message: "no", code: 400 },
    { type: "response.created", response: { error: { message: "no" } } },
    { type: "response.output_text.delta", delta: "no", message: "x", status: 400 },
    { object: "response", status: "failed", error: { message: "no" } },
    { output: [], message: "x", status: 400 },
    { usage: {}, x_groq: {} },
    { base_resp: { status_code: 0, status_msg: "success" } },
    { message: "hello" },
  ];
  for (const json of others) assert(!isFailure(json), JSON.stringify(json));
});

Deno.test("hidePrompt: replaces the texts of the request, also escaped", () => {
  const prompt = 'my "private"\ndiary';
  const messages = [
    { role: "system", content: "You are a good librarian" },
    { role: "user", content: [{ type: "text", text: prompt }, { type: "image", url: "data:," }] },
    { role: "user", content: "short" },
  ] as const;
  const hide = (reason: string) => hidePrompt(reason, { messages });
  assertEquals(hide('got my "private" diary, You are a good librarian'), "got [prompt], [prompt]");
  assertEquals(hide('got "my \\"private\\"\\ndiary"'), 'got "[prompt]"');
  // A short text may be the server's own.
  assertEquals(hide("too short"), "too short");
});
