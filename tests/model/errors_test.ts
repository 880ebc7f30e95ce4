import { AgentError, ProviderError, RunError } from "@shoal/agents";
import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { abortCode } from "../../src/model/errors.ts";
import { used } from "../helpers.ts";
import { print } from "../print.ts";

Deno.test("AgentError: carries its options, with defaults for absent ones", () => {
  const cause = new Error("why");
  const attempts = [{ model: "m", startedAt: 1, durationMs: 2 }];
  const issues = [{ message: "no", path: ["a"] }];
  const given = {
    code: "invalid_output",
    agent: "a",
    model: "m",
    attempts,
    usage: used(1, 2),
    status: 200,
    retryAfterMs: 5,
    retryable: true,
    issues,
    text: "answer",
    cause,
  } as const;
  const error = new AgentError("message", given);
  for (const [name, value] of Object.entries(given)) {
    assertStrictEquals(error[name as keyof typeof given], value);
  }
  assert(error instanceof Error && error.stack!.includes("errors_test"));
  assertEquals([error.name, error.message, `${error}`], [
    "AgentError",
    "message",
    "AgentError: message",
  ]);
  const bare = new AgentError("m", { code: "timeout", agent: "a" });
  assertEquals([bare.attempts, bare.usage, bare.retryable], [[], used(0, 0), false]);
  assertEquals([bare.model, bare.text, "cause" in bare], [undefined, undefined, false]);
});

Deno.test("errors: the text of an answer can be read, but is not printed", () => {
  // Bun prints lines of the source, in which the word must not be.
  const secret = ["s3", "cret"].join("");
  const provider = new ProviderError("cut", {
    code: "truncated",
    retryable: true,
    text: secret,
    usage: used(1, 0),
    status: 200,
    retryAfterMs: 1,
  });
  const agent = new AgentError("m", {
    code: "truncated",
    agent: "a",
    text: secret,
    cause: provider,
  });
  for (const error of [provider, agent]) {
    assertEquals(error.text, secret);
    assertFalse(print(error).includes(secret));
    assertFalse(JSON.stringify(error).includes(secret));
    assertFalse(JSON.stringify({ ...error }).includes(secret));
  }
  assertEquals([provider.name, provider.code, provider.retryable], [
    "ProviderError",
    "truncated",
    true,
  ]);
  assertEquals([provider.status, provider.retryAfterMs, provider.usage], [200, 1, used(1, 0)]);
});

Deno.test("RunError: carries errors and results", () => {
  const cause = new Error("why");
  const error = new RunError("m", { errors: [cause], results: [1, undefined], cause });
  assertEquals([error.name, error.errors, error.results], ["RunError", [cause], [1, undefined]]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("abortCode: only a time limit is a timeout", () => {
  assertEquals(abortCode(new DOMException("x", "TimeoutError")), "timeout");
  for (
    const reason of [new DOMException("x", "AbortError"), new Error("TimeoutError"), undefined, "x"]
  ) {
    assertEquals(abortCode(reason), "aborted");
  }
});
