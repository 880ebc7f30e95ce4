import { assertEquals } from "@std/assert";
import { redact } from "../../../src/providers/http/redact.ts";

Deno.test("redact: leaves keys of fewer than 8 characters, which may be part of any word", () => {
  assertEquals(redact("too many tokens: 7 characters", ["k"]), "too many tokens: 7 characters");
  assertEquals(redact("the charact limit", ["charact", ""]), "the charact limit");
  assertEquals(redact("no such key: 12345678", ["12345678"]), "no such key: [key]");
});

Deno.test("redact: leaves words that only look like keys", () => {
  for (const text of ["a key-value store", "task-based", "the risk-free sk-i", "key-frames"]) {
    assertEquals(redact(text, []), text);
  }
  for (const key of ["sk-proj-****wxyz", "sk-abcdefgh", "pk-live-987654", "key-1a2b3c4d"]) {
    assertEquals(redact(`bad: ${key}`, []), "bad: [key]");
  }
});
