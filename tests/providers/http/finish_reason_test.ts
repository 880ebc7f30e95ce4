import { assert, assertEquals } from "@std/assert";
import { decideFinish, type Ending, endingOf } from "../../../src/providers/http/finish_reason.ts";

const REASONS: Readonly<Record<Ending, readonly string[]>> = {
  stop: ["stop", "STOP", "end_turn", "endTurn", "eos", "eos_token", "stop_sequence", "COMPLETE"],
  length: [
    "length",
    "model_length",
    "MAX_TOKENS",
    "max_tokens",
    "maxTokens",
    "max-tokens",
    "max_output_tokens",
    "FINISH_REASON_MAX_TOKENS",
    "REASON_MAX_LEN",
    "model_context_window_exceeded",
    "Length",
  ],
  tool_calls: ["tool_calls", "tool-calls", "tool_use", "TOOL_CALL", "function_call"],
  content_filter: [
    "content_filter",
    "content-filter",
    "SAFETY",
    "sensitive",
    "content_filter: RECITATION",
    "content_filter:SAFETY",
    "RECITATION",
    "PROHIBITED_CONTENT",
    "BLOCKLIST",
    "SPII",
    "refusal",
    "guardrail_intervened",
  ],
  error: [
    "error",
    "ERROR",
    "insufficient_system_resource",
    "network_error",
    "engine_error",
    "upstreamError",
    "abort",
    "MALFORMED_FUNCTION_CALL",
    "error: upstream",
  ],
};

Deno.test("finish reason: knows the reasons of many servers, in any spelling", () => {
  for (const [ending, reasons] of Object.entries(REASONS)) {
    for (const reason of reasons) assertEquals(endingOf(reason), ending, reason);
  }
});

Deno.test("finish reason: does not guess", () => {
  const unknown = ["", "OTHER", "pause_turn", "something_new", "unknown", "stopped?", "__proto__"];
  for (const reason of [...unknown, null, undefined, 5, {}]) {
    assertEquals(endingOf(reason), undefined, String(reason));
  }
});

const NOTHING = { hasText: false, hasToolCalls: false, hasUnusableCalls: false };
const TEXT = { ...NOTHING, hasText: true };
const CALLS = { ...NOTHING, hasToolCalls: true };

Deno.test("finish reason: decides whether a reply is an answer", () => {
  const answers: [reason: unknown, content: typeof NOTHING, finishReason: string][] = [
    ["end_turn", TEXT, "stop"],
    ["stop", NOTHING, "stop"],
    [null, TEXT, "stop"],
    ["", NOTHING, "stop"],
    ["stop", CALLS, "tool_calls"],
    [undefined, CALLS, "tool_calls"],
    ["tool_use", CALLS, "tool_calls"],
    ["tool_calls", TEXT, "tool_calls"],
    ["MAX_TOKENS", NOTHING, "length"],
    ["MAX_TOKENS", CALLS, "length"],
    ["length", { ...NOTHING, hasUnusableCalls: true }, "length"],
    ["SAFETY", TEXT, "content_filter"],
    ["pause_turn", TEXT, "pause_turn"],
    ["something_new", CALLS, "something_new"],
  ];
  for (const [reason, content, finishReason] of answers) {
    assertEquals<unknown>(decideFinish(reason, content), { finishReason }, String(reason));
  }
  const problems: [reason: unknown, content: typeof NOTHING][] = [
    ["error", TEXT],
    ["network_error", CALLS],
    ["something_new", NOTHING],
    ["tool_calls", NOTHING],
    ["stop", { ...TEXT, hasUnusableCalls: true }],
    [null, { ...CALLS, hasUnusableCalls: true }],
  ];
  for (const [reason, content] of problems) {
    assert(decideFinish(reason, content).problem !== undefined, String(reason));
  }
});

Deno.test("finish reason: quotes a short part of a reason only", () => {
  const { problem } = decideFinish("x".repeat(10_000), NOTHING);
  assert(problem!.length < 200, `${problem!.length}`);
});
