import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hidePrompt } from "../../../src/providers/http/prompt/hide_prompt.ts";
import { readErrorReason } from "../../../src/providers/http/error_body.ts";

const messagesOf = (...texts: string[]) => ({
  messages: texts.map((content) => ({ role: "user" as const, content })),
});

/** Words of 12 letters and digits at least, which no server says by itself. */
const secret = fc.array(
  fc.constantFrom(
    "Zürich",
    "4711",
    "blue-horse",
    "Ωmega",
    "日本語の秘密",
    "x9y8z7",
    "naïve",
    "\n",
    '"',
    "\\",
  ),
  { minLength: 4, maxLength: 30 },
).map((words) => words.join(" ")).filter((text) =>
  [...text.matchAll(/[\p{L}\p{N}]/gu)].length >= 24
);

/** The ways in which servers quote a prompt. */
const QUOTES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text),
  (text) => JSON.stringify(JSON.stringify(text)),
  (text) => text.toUpperCase(),
  (text) => text.replaceAll(/\s+/g, " "),
  (text) => text.replaceAll(/\s+/g, ""),
  (text) => encodeURIComponent(text),
  (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;"),
  (text) => text.replaceAll(/[^ -~]/gu, (char) => `&#${char.codePointAt(0)};`),
  (text) =>
    text.replaceAll(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
];

Deno.test("hidePrompt: shows no stretch of a prompt, however it is quoted and cut", () => {
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom(...QUOTES),
      fc.nat(),
      fc.nat(),
      (text, quote, from, length) => {
        const units = [...text];
        const start = from % Math.max(1, units.length - 24);
        const part = units.slice(start, start + 24 + length % units.length).join("");
        if ([...part.matchAll(/[\p{L}\p{N}]/gu)].length < 14) return;
        const shown = hidePrompt(
          `Invalid value: <${quote(part)}> rejected`,
          messagesOf("other", text),
        );
        assert(shown.startsWith("Invalid va"), shown);
        assert(shown.endsWith("jected"), shown);
        // What is left of the words around the prompt, and at most an edge that is no stretch.
        const rest = shown.replace("Invalid value: <", "").replace("> rejected", "")
          .replaceAll("[prompt]", "").replaceAll(
            /\\+(u[0-9a-f]{4}|[a-z"])|%[0-9A-F]{2}|&\w+;/g,
            "",
          );
        const left = [...rest.matchAll(/[\p{L}\p{N}]/gu)].length;
        assert(shown.includes("[prompt]") && left <= 24, shown);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("hidePrompt: leaves the words of a server that are not in the prompt", () => {
  const prompt = "Label the sentiment of this review: I love it, the best product of the year";
  for (
    const reason of [
      "Rate limit reached for gpt-5 in organization org-1 on requests per min. Limit: 500",
      "The model `gpt-9` does not exist or you do not have access to it.",
      "max_tokens must be at most 4096",
      "",
    ]
  ) assertEquals(hidePrompt(reason, messagesOf(prompt)), reason);
  fc.assert(fc.property(fc.string(), (reason) => {
    assertEquals(hidePrompt(reason, messagesOf()), reason);
  }));
});

Deno.test("hidePrompt: hides short prompts that are whole words of the reason", () => {
  assertEquals(hidePrompt('bad input "pin 4711"', messagesOf("pin 4711")), 'bad input "[prompt]"');
  assertEquals(hidePrompt("the spinning 47112", messagesOf("pinnin")), "the spinning 47112");
  assertEquals(hidePrompt("is x", messagesOf("x")), "is x");
});

Deno.test("hidePrompt: hides tool calls, tool results, file names and data", () => {
  const messages = [
    {
      role: "assistant" as const,
      content: "",
      toolCalls: [{ id: "1", name: "lookup", args: '{"name":"Maximilian Musterfrau"}' }],
    },
    { role: "tool" as const, toolCallId: "1", content: "born 1977-05-05 in Oberammergau" },
    {
      role: "user" as const,
      content: [{ type: "image" as const, url: "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg" }],
    },
  ];
  const hide = (reason: string) => hidePrompt(reason, { messages });
  assertEquals(hide("bad: Maximilian Musterfrau"), "bad: [prompt]");
  assertEquals(hide("bad: 1977-05-05 in Oberammergau"), "bad: [prompt]");
  assertEquals(hide("bad: iVBORw0KGgoAAAANSUhEUg"), "bad: [prompt]");
  assertEquals(hide("no tool lookup"), "no tool lookup");
});

Deno.test("hidePrompt: takes a reason of any length and prompts of 5 MB", () => {
  const big = Array.from({ length: 500_000 }, (_, i) => `word${i}`).join(" ");
  const body = { error: { message: `Too long: ${big}` } };
  const shown = hidePrompt(readErrorReason(body)!, messagesOf(big, "a".repeat(5_000_000)));
  assertEquals(shown, "Too long: [prompt]");
});
