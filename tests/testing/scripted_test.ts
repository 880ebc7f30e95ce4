import { defineAgent, type ModelReply, type ModelRequest, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { errorOf, fakeTime, used } from "../helpers.ts";

const request: ModelRequest = {
  model: "m",
  messages: [
    { role: "system", content: "12345678" },
    { role: "user", content: [{ type: "text", text: "1234" }, { type: "image", url: "data:," }] },
  ],
  settings: {},
};
const { signal } = new AbortController();
const ask = (provider: ReturnType<typeof scripted>) => provider.generate(request, { signal });

Deno.test("scripted: a text becomes a reply with estimated usage", async () => {
  assertEquals(await ask(scripted("12345")), {
    text: "12345",
    finishReason: "stop",
    usage: used(3, 2),
  });
  assertEquals((await ask(scripted(""))).usage, used(3, 0));
});

Deno.test("scripted: the fields of a reply are kept", async () => {
  const answer = { text: "x", finishReason: "length", usage: undefined, refusal: "no" };
  assertEquals(await ask(scripted(answer)), answer);
});

Deno.test("scripted: a list is answered in order, and its last answer repeats", async () => {
  const error = new ProviderError("no", { code: "network", retryable: true });
  const provider = scripted(["a", error, { text: "c" }]);
  assertEquals((await ask(provider)).text, "a");
  assertStrictEquals(await ask(provider).catch((e) => e), error);
  for (let i = 0; i < 3; i++) assertEquals((await ask(provider)).text, "c");
  assertEquals(provider.calls, 5);
});

Deno.test("scripted: a function gets the request and its number", async () => {
  const seen: unknown[] = [];
  const provider = scripted(async (r, n) => {
    seen.push(r, n);
    await Promise.resolve();
    return `answer ${n}`;
  });
  assertEquals([(await ask(provider)).text, (await ask(provider)).text], ["answer 0", "answer 1"]);
  assertEquals(seen, [request, 0, request, 1]);
  const failing = scripted(() => {
    throw new RangeError("mine");
  });
  await assertRejects(() => ask(failing), RangeError, "mine");
  assertEquals(failing.inFlight, 0);
});

Deno.test("scripted: rejects what is not an answer, with a clear message", async () => {
  for (const answer of [undefined, null, 5, {}, { text: 5 }]) {
    const provider = scripted(() => answer as string);
    await assertRejects(
      () => ask(provider),
      TypeError,
      "Cannot answer as what the script returns must",
    );
    const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
    assert((await errorOf(A.call({}))).cause instanceof TypeError);
  }
});

Deno.test("scripted: keeps the first requests and counts all", async () => {
  const [some, none] = [scripted("x", { keep: 2 }), scripted("x", { keep: 0 })];
  for (let i = 0; i < 3; i++) await Promise.all([ask(some), ask(none)]);
  assertEquals([some.requests.length, some.calls], [2, 3]);
  assertEquals([none.requests.length, none.calls], [0, 3]);
  assertStrictEquals(some.requests[0], request);
});

Deno.test("scripted: waits for the latency and counts requests in flight", async () => {
  using time = fakeTime();
  const provider = scripted("x", { latency: (r) => r.model === "m" ? 100 : 0 });
  const both = Promise.all([ask(provider), ask(provider)]);
  await time.tick(99);
  assertEquals([provider.inFlight, provider.peakInFlight], [2, 2]);
  await time.tick(1);
  await both;
  assertEquals([provider.inFlight, provider.peakInFlight, provider.calls], [0, 2, 2]);
});

Deno.test("scripted: an abort rejects at once, before and during the latency", async () => {
  using time = fakeTime();
  const controller = new AbortController();
  const provider = scripted("x", { latency: 1000 });
  const waiting = provider.generate(request, { signal: controller.signal }).catch((why) => why);
  await time.tick(1);
  controller.abort("bye");
  assertEquals([await waiting, provider.inFlight], ["bye", 0]);
  const late = provider.generate(request, { signal: controller.signal }).catch((why) => why);
  assertEquals([await late, provider.calls], ["bye", 1]);
});

Deno.test("scripted: a stream yields the text in deltas, and then the reply", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: fc.constantFrom("a", " ", "\n", "b") }), async (text) => {
      let pieces = "";
      let reply: ModelReply | undefined;
      for await (const chunk of scripted(text).stream(request, { signal })) {
        assertEquals(reply, undefined);
        if (chunk.type === "reply") reply = chunk.reply;
        else {
          assert(chunk.type === "delta" && chunk.text !== "");
          pieces += chunk.text;
        }
      }
      assertEquals([pieces, reply!.text], [text, text]);
    }),
  );
});

Deno.test("scripted: rejects invalid scripts and options at once", () => {
  const must = "Cannot script a provider as the script must be a text, a reply with a text";
  for (const script of [undefined, null, 5, {}, [], ["a", 5], [[]], { text: 5 }]) {
    assertThrows(() => scripted(script as never), TypeError, must);
  }
  const cases: [options: unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
    [{ latency: -1 }, RangeError, "Cannot script a provider as latency must be"],
    [{ latency: "1s" }, TypeError, "latency must be a number of milliseconds"],
    [{ keep: 0.5 }, RangeError, "keep must be a whole number"],
    [{ latncy: 1 }, TypeError, 'there is no option "latncy": did you mean "latency"?'],
    [null, TypeError, "its options must be an object"],
  ];
  for (const [options, kind, message] of cases) {
    assertEquals(
      assertThrows(() => scripted("x", options as never), Error, message).constructor,
      kind,
    );
  }
});
