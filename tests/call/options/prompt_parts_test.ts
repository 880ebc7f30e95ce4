/** Tests of attachments, whose bytes become data URLs in the request. */
import { defineAgent, type Message, type PromptMessage } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { errorOf } from "../../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}" };
const data = new Uint8Array([1, 2, 255]);
const text = { type: "text", text: "What is this?" } as const;
const image = { type: "image", data, mediaType: "image/png" } as const;
const file = { type: "file", data, mediaType: "application/pdf", name: "a.pdf" } as const;
const parts = [text, image, file, { type: "image", url: "https://x/y.png" }] as const;
const sent = [
  text,
  { type: "image", url: "data:image/png;base64,AQL/" },
  { type: "file", url: "data:application/pdf;base64,AQL/", name: "a.pdf" },
  { type: "image", url: "https://x/y.png" },
] as const;

Deno.test("parts: sends bytes as data URLs from ask, messages and prompt functions", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ ...base, provider });
  const message: PromptMessage = { role: "user", content: parts };
  await A.ask(parts);
  await A.call({ x: 1 }, { messages: [message] });
  await defineAgent({ ...base, prompt: (_: number) => [message], provider }).call(1);
  for (const { messages } of provider.requests) assertEquals(messages[0]!.content, sent);
  // The caller's messages stay unchanged.
  assertStrictEquals(image.data, data);
});

Deno.test("parts: the data URL decodes to the same bytes, also for a view", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 99 }), fc.nat(9), async (bytes, n) => {
      const view = bytes.subarray(Math.min(n, bytes.length));
      const provider = scripted("ok");
      await defineAgent({ ...base, provider }).ask([{
        type: "image",
        data: view,
        mediaType: "image/png",
      }]);
      const [{ url }] = provider.requests[0]!.messages[0]!.content as unknown as [{ url: string }];
      const back = new Uint8Array(await (await fetch(url)).arrayBuffer());
      assertEquals(back, new Uint8Array(view));
    }),
  );
});

Deno.test("parts: rejects values that are not parts", async () => {
  const A = defineAgent({ ...base, provider: scripted("never") });
  const wrong = [
    { type: "image" },
    { type: "image", data: [1, 2], mediaType: "image/png" },
    { type: "image", data },
    { type: "image", data, mediaType: "png" },
    { type: "image", data, mediaType: "image/png;base64,x" },
    { type: "file", data: "abc", mediaType: "text/plain" },
    { type: "file", url: "data:,", name: 5 },
    { type: "sound", data, mediaType: "audio/mp3" },
  ];
  for (const part of wrong) {
    assertEquals(
      (await errorOf(A.ask([part] as never))).code,
      "invalid_params",
      JSON.stringify(part),
    );
    const messages = [{ role: "user", content: [part] }] as never;
    await assertRejects(() => A.call({ x: 1 }, { messages }), TypeError, "list of parts");
  }
});

Deno.test("messages: accept a conversation with tool calls", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ ...base, provider });
  const messages: Message[] = [
    { role: "assistant", content: "", toolCalls: [{ id: "1", name: "add", args: "{}" }] },
    { role: "tool", toolCallId: "1", content: "5" },
  ];
  await A.call({ x: 1 }, { messages });
  assertEquals(provider.requests[0]!.messages.slice(0, 2), messages);
  const wrong = [
    [{ role: "tool", content: "5" }, "must have a toolCallId"],
    [{ role: "user", content: "", toolCalls: [] }, "may only have toolCalls"],
    [{ role: "assistant", content: "", toolCalls: [{ id: "1" }] }, "may only have toolCalls"],
    [{ role: "robot", content: "" }, "must have the role"],
  ] as const;
  for (const [message, problem] of wrong) {
    const call = () => A.call({ x: 1 }, { messages: [message] as never });
    await assertRejects(call, TypeError, problem);
  }
});
