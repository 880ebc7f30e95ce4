/** Tests of faulty providers: every call must end with a clear error. */
import { defineAgent, type ModelChunk, type Provider } from "@shoal/agents";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { startCode } from "../child.ts";
import { runtime } from "../runtime.ts";
import { handmade, reply, settled, used } from "../helpers.ts";

function agent(provider: Provider) {
  return defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
}
const onDelta = () => {};

Deno.test("provider: a reply without a text is a retryable provider error", async () => {
  for (const garbage of [undefined, null, {}, { text: 5 }, "text", [], () => "x"]) {
    for (const answer of [garbage, Promise.resolve(garbage)]) {
      const { error } = await agent(handmade({ generate: () => answer })).settle({});
      assertEquals([error?.code, error?.retryable], ["provider", true]);
      assertEquals(
        error!.message,
        'Cannot finish the call of "a" as the provider "handmade" gave no reply with a text',
      );
    }
  }
});

Deno.test("provider: fills in missing fields of a reply", async () => {
  const result = await agent(handmade({ generate: () => ({ text: "" }) })).call({});
  assertEquals([result.content, result.finishReason, result.cost], ["", "stop", undefined]);
  const refusal = await agent(handmade({ generate: () => ({ ...reply("x"), refusal: null }) }))
    .settle({});
  assertEquals(refusal.content, "x");
});

Deno.test("provider: treats invalid usage as unknown, never as NaN", async () => {
  const cases: [usage: unknown, counted: unknown][] = [
    [{ inputTokens: 1, outputTokens: 2 }, used(1, 2)],
    [{ inputTokens: 1, outputTokens: 2, totalTokens: 99 }, used(1, 2)],
    [{}, used(0, 0)],
    [{ inputTokens: "1", outputTokens: 2 }, used(0, 0)],
    [{ inputTokens: NaN, outputTokens: 2 }, used(0, 0)],
    [null, used(0, 0)],
    ["many", used(0, 0)],
  ];
  for (const [usage, counted] of cases) {
    const result = await agent(handmade({ generate: () => ({ ...reply("x"), usage }) })).call({});
    assertEquals(result.usage, counted as never);
    assertEquals(result.cost, undefined);
  }
});

Deno.test("provider: keeps whatever it throws as the cause", async () => {
  for (const cause of [new Error("boom"), "text", 0, null, { status: 500 }]) {
    const throws = () => {
      throw cause;
    };
    const rejects = () => Promise.reject(cause);
    const fails = async function* (): AsyncGenerator<ModelChunk> {
      await Promise.reject(cause);
      yield { type: "delta", text: "never" };
    };
    const results = [
      await agent(handmade({ generate: throws })).settle({}),
      await agent(handmade({ generate: rejects })).settle({}),
      await agent(handmade({ stream: throws })).settle({}, { onDelta }),
      await agent(handmade({ stream: fails })).settle({}, { onDelta }),
    ];
    for (const { error } of results) {
      assertEquals([error!.code, error!.retryable], ["provider", false]);
      assertStrictEquals(error!.cause, cause);
      assertEquals(
        error!.message,
        'Cannot finish the call of "a" as its provider threw an unexpected error',
      );
      assertEquals(error!.attempts.length, 1);
    }
  }
});

Deno.test("provider: a missing permission is reported with the flag that grants it", async () => {
  const message = 'Requires net access to "api.example:443", run again with the --allow-net flag';
  const missing = Object.assign(new Error(message), { name: "NotCapable" });
  for (const cause of [missing, new Error("fetch failed", { cause: missing })]) {
    const rejects = () => Promise.reject(cause);
    const { error } = await agent(handmade({ generate: rejects })).settle({});
    assertEquals([error!.code, error!.retryable], ["provider", false]);
    assertStrictEquals(error!.cause, cause);
    assertEquals(
      error!.message,
      `Cannot finish the call of "a" as a permission is missing: ${message}`,
    );
  }
});

Deno.test({
  name: "provider: names the flag of a Deno process without --allow-net (Deno)",
  ignore: runtime !== "deno",
  async fn() {
    const code = `
      import { defineAgent } from "@shoal/agents";
      const A = defineAgent({ name: "a", model: "m", prompt: "{x}", retries: 3 });
      const onDelta = () => {};
      for (const options of [{}, { onDelta }]) {
        const { ok, error, attempts } = await A.settle({ x: "1" }, options);
        console.log(JSON.stringify([ok, error.code, error.message, attempts.length]));
      }
    `;
    const { stdout, stderr } = await startCode(code, {
      permissions: ["--allow-env", "--allow-read"],
      env: { OPENAI_BASE_URL: "http://localhost:9998/v1", OPENAI_API_KEY: "sk-of-tests" },
    }).output;
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const expected = [
      false,
      "provider",
      'Cannot finish the call of "a" as a permission is missing: Requires net access to ' +
      '"localhost:9998", run again with the --allow-net flag',
      1,
    ];
    assertEquals(lines, [expected, expected], stderr);
  },
});

Deno.test("provider: an invalid stream fails with the code provider", async () => {
  const chunks = (...all: unknown[]) =>
    async function* () {
      yield* all;
    };
  const streams: (() => unknown)[] = [
    () => undefined,
    () => ({}),
    () => Promise.resolve(),
    chunks(undefined),
    chunks("text"),
    chunks({ type: "delta" }),
    chunks({ type: "delta", text: 5 }),
    chunks({ type: "other", text: "x" }),
    chunks({ type: "reply" }),
    chunks({ type: "reply", reply: { text: null } }),
  ];
  for (const stream of streams) {
    const seen: unknown[] = [];
    const { error } = await agent(handmade({ stream }))
      .settle({}, { onDelta: (text) => void seen.push(text) });
    assertEquals([error?.code, seen], ["provider", []], String(stream));
  }
});

Deno.test("provider: accepts an iterator without optional methods", async () => {
  const chunks: ModelChunk[] = [
    { type: "delta", text: "x" },
    { type: "reply", reply: reply("x") },
  ];
  const iterators: object[] = [
    { next: () => ({ done: false, value: chunks[n++] }) },
    { next: () => ({ done: false, value: chunks[n++] }), return: () => undefined },
    {
      next: () => Promise.resolve({ done: false, value: chunks[n++] }),
      return() {
        throw new Error("cannot return");
      },
    },
  ];
  let n = 0;
  for (const iterator of iterators) {
    n = 0;
    const provider = handmade({ stream: () => ({ [Symbol.asyncIterator]: () => iterator }) });
    assertEquals((await agent(provider).call({}, { onDelta })).content, "x");
  }
  await settled();
});

Deno.test("provider: each attempt has its own signal, released at the end", async () => {
  const signals: AbortSignal[] = [];
  const provider = handmade({
    generate: (_, { signal }) => {
      signals.push(signal);
      return Promise.resolve(reply("x"));
    },
  });
  const controller = new AbortController();
  const A = agent(provider);
  await A.call({}, { signal: controller.signal });
  await A.call({}, { signal: controller.signal });
  controller.abort();
  assert(signals[0] !== signals[1]);
  assertEquals(signals.map((s) => s.aborted), [false, false]);
});

Deno.test("provider: ignores output after the abort", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const controller = new AbortController();
  const call = agent(handmade({ generate: () => promise })).settle({}, {
    signal: controller.signal,
  });
  await settled();
  controller.abort();
  const { error, attempts } = await call;
  reject(new Error("too late"));
  await settled();
  assertEquals([error!.code, attempts.length], ["aborted", 1]);
});
