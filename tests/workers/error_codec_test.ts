import { AgentError, ProviderError, RunError } from "@shoal/agents";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { decodeError, encodeError } from "../../src/workers/error_codec.ts";
import { used } from "../helpers.ts";

/** Returns the error as another isolate receives it. */
const roundTrip = (thrown: unknown): unknown => decodeError(structuredClone(encodeError(thrown)));

Deno.test("keeps the class and all properties of an AgentError and its cause", () => {
  const attempts = [{ model: "m", startedAt: 1, durationMs: 2, usage: used(3, 4) }];
  const cause = new ProviderError("no", { code: "rate_limited", status: 429, retryable: true });
  const error = new AgentError("why", {
    code: "rate_limited",
    agent: "a",
    model: "m",
    attempts,
    usage: used(1, 2),
    status: 429,
    retryAfterMs: 5,
    retryable: true,
    issues: [{ message: "odd", path: ["a", 0, Symbol("s")] }],
    text: "raw",
    messages: [{ role: "user", content: "why?" }],
    finishReason: "content_filter",
    cause,
  });
  const out = roundTrip(error) as AgentError;
  assertInstanceOf(out, AgentError);
  assertEquals([out.message, out.code, out.agent, out.model], ["why", "rate_limited", "a", "m"]);
  assertEquals(out.attempts, attempts);
  assertEquals([out.usage, out.status, out.retryAfterMs], [used(1, 2), 429, 5]);
  assertEquals([out.retryable, out.text, out.finishReason], [true, "raw", "content_filter"]);
  assertEquals(out.messages, error.messages);
  assertEquals(out.issues, [{ message: "odd", path: ["a", 0, "Symbol(s)"] }]);
  assertEquals(out.stack, error.stack);
  assert(!Object.keys(out).includes("text"), "printing it does not print the answer");
  const inner = out.cause as ProviderError;
  assertInstanceOf(inner, ProviderError);
  assertEquals([inner.code, inner.status, inner.retryable], ["rate_limited", 429, true]);
});

Deno.test("keeps the classes of built-in errors and the names of others", () => {
  for (const Class of [TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError]) {
    const out = roundTrip(new Class("x", { cause: 0 }));
    assertInstanceOf(out, Class);
    assertEquals([out.message, out.cause], ["x", 0]);
  }
  const system = Object.assign(new Error("gone"), { name: "Gone", code: "ENOENT", at: { a: 1 } });
  const out = roundTrip(system) as Error & { code: string; at?: unknown };
  assertEquals([out.name, out.message, out.code, out.at], ["Gone", "gone", "ENOENT", undefined]);
  const dom = roundTrip(new DOMException("late", "TimeoutError"));
  assertInstanceOf(dom, DOMException);
  assertEquals([dom.name, dom.message], ["TimeoutError", "late"]);
  const batch = roundTrip(new RunError("b", { errors: [new TypeError("t")], results: [] }));
  assertInstanceOf(batch, RunError);
  assertInstanceOf(batch.errors[0], TypeError);
});

Deno.test("keeps any thrown value, and turns what cannot be cloned into text", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (thrown) => {
      if (thrown instanceof Error) return;
      assertEquals(roundTrip(thrown), thrown);
    }),
  );
  assertEquals(roundTrip(Symbol("s")), "Symbol(s)");
});

Deno.test("cuts off a circular chain of causes", () => {
  const a = new Error("a");
  const b = new Error("b", { cause: a });
  a.cause = b;
  let depth = 0;
  for (let at = roundTrip(a) as Error | undefined; at !== undefined; at = at.cause as Error) {
    depth++;
  }
  assert(depth < 20);
});

Deno.test("restores the abort reason as the object that the other side knows", () => {
  const reason = { fn: () => 1 };
  const error = new AgentError("why", { code: "aborted", agent: "a", cause: reason });
  const coded = structuredClone(encodeError(error, { reason }));
  const here = { other: true };
  assert((decodeError(coded, { reason: here }) as AgentError).cause === here);
});

Deno.test("errors keep what their request was billed", () => {
  const billing = { cost: { total: 0.5 }, serviceTier: "flex", servedModel: "m-2" };
  const error = new ProviderError("no", { code: "provider", retryable: true, ...billing });
  const { cost, serviceTier, servedModel } = decodeError(
    structuredClone(encodeError(error)),
  ) as ProviderError;
  assertEquals([cost, serviceTier, servedModel], [{ total: 0.5 }, "flex", "m-2"]);
});
