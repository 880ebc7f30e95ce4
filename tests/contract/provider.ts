/**
 * Tests of the contract of {@linkcode Provider}. An adapter runs them with a function that creates
 * a provider over a model with the given behavior.
 */
import {
  type ErrorCode,
  type ModelChunk,
  type ModelReply,
  type ModelRequest,
  type Provider,
  ProviderError,
  type Usage,
} from "@shoal/agents";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

/** The behavior of the model behind the provider. */
export interface ModelBehaviour {
  /** Returns the answer to a prompt. */
  readonly say: (prompt: string) => {
    readonly text: string;
    readonly finishReason?: string;
    readonly usage?: Pick<Usage, "inputTokens" | "outputTokens">;
  };
  /** The latency of an answer, in milliseconds. */
  readonly latency?: number;
  /** Whether to stream so slowly that the answer never ends, if the driver supports it. */
  readonly slow?: boolean;
  /** The failure to return instead of each answer, while it is set. */
  readonly fails?: () => ModelFailure | undefined;
}

/** The failure of an HTTP server. */
export interface ModelFailure {
  readonly status: number;
  readonly retryAfterMs?: number;
}

/** A provider under test. */
export interface ProviderDriver extends AsyncDisposable {
  readonly provider: Provider;
  /** The number of requests in flight. */
  inFlight(): number;
}

const quiet = () => new AbortController().signal;

function request(prompt: string): ModelRequest {
  const messages = [{ role: "user", content: prompt }] as const;
  return Object.freeze({ model: "m", messages: Object.freeze(messages), settings: {} });
}

async function read(
  chunks: AsyncIterable<ModelChunk>,
): Promise<{ deltas: readonly string[]; reply: ModelReply }> {
  const all = await Array.fromAsync(chunks);
  const last = all.at(-1);
  assert(last?.type === "reply", "the last chunk is the reply");
  const deltas = all.slice(0, -1).map((chunk) => {
    assert(chunk.type === "delta", "there is one reply");
    return chunk.text;
  });
  return { deltas, reply: last.reply };
}

async function until(test: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000 && !test(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert(test(), what);
}

/** Registers the tests. */
export function providerContract(
  name: string,
  make: (behaviour: ModelBehaviour) => ProviderDriver,
): void {
  const test = (
    what: string,
    behaviour: ModelBehaviour,
    body: (driver: ProviderDriver) => Promise<void>,
  ) =>
    Deno.test(`provider ${name}: ${what}`, async () => {
      await using driver = make(behaviour);
      await body(driver);
      await until(() => driver.inFlight() === 0, "nothing is left");
    });
  const whole = ({ provider }: ProviderDriver, prompt = "x", signal = quiet()) =>
    provider.generate(request(prompt), { signal });
  const streamed = ({ provider }: ProviderDriver, prompt = "x", signal = quiet()) =>
    read(provider.stream(request(prompt), { signal }));

  test("returns text, finish reason and usage, complete and streamed", {
    say: (prompt) => ({
      text: `You said ${prompt}, which is true.`,
      finishReason: "length",
      usage: { inputTokens: 11, outputTokens: 7 },
    }),
  }, async (driver) => {
    const { deltas, reply } = await streamed(driver, "this");
    for (const { text, finishReason, usage, refusal } of [await whole(driver, "this"), reply]) {
      assertEquals(text, "You said this, which is true.");
      assertEquals([finishReason, refusal], ["length", undefined]);
      assertEquals(usage, {
        inputTokens: 11,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 7,
        reasoningTokens: 0,
        totalTokens: 18,
      });
    }
    assertEquals(deltas.join(""), reply.text);
    assert(deltas.length > 1, "a stream comes in pieces");
  });

  test("has a name", { say: () => ({ text: "" }) }, ({ provider }) => {
    assert(typeof provider.name === "string" && provider.name !== "");
    return Promise.resolve();
  });

  test("returns an empty answer", { say: () => ({ text: "" }) }, async (driver) => {
    assertEquals((await whole(driver)).text, "");
    const { deltas, reply } = await streamed(driver);
    assertEquals([deltas.join(""), reply.text, reply.finishReason], ["", "", "stop"]);
  });

  const unicode = ' Grüße,\n🐟🐠🐡 你好世界 👩‍👩‍👧‍👦 é\u0301 \u2028\t"\\ \u{10ffff} end ';
  test("sends and returns any text", { say: (prompt) => ({ text: prompt }) }, async (driver) => {
    assertEquals((await whole(driver, unicode)).text, unicode);
    const { deltas, reply } = await streamed(driver, unicode);
    assertEquals([deltas.join(""), reply.text], [unicode, unicode]);
  });

  test("sends a prompt of 5 MB", {
    say: (prompt) => ({ text: `${prompt.length} ${prompt.slice(-4)}` }),
  }, async (driver) => {
    const prompt = "ä".repeat(2_500_000) + "end.";
    assertEquals((await whole(driver, prompt)).text, "2500004 end.");
    assertEquals((await streamed(driver, prompt)).reply.text, "2500004 end.");
  });

  test("100 concurrent requests each receive their own answer", {
    say: (prompt) => ({ text: `${prompt} it is.` }),
    latency: 20,
  }, async (driver) => {
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, i) =>
          i % 2 === 0 ? await whole(driver, `${i}`) : (await streamed(driver, `${i}`)).reply,
      ),
    );
    assertEquals(answers.map(({ text }) => text), answers.map((_, i) => `${i} it is.`));
  });

  const failures: [ModelFailure, ErrorCode, retryable: boolean][] = [
    [{ status: 400 }, "provider", false],
    [{ status: 401 }, "provider", false],
    [{ status: 404 }, "provider", false],
    [{ status: 429, retryAfterMs: 1500 }, "rate_limited", true],
    [{ status: 500 }, "provider", true],
    [{ status: 503 }, "provider", true],
  ];
  for (const [failure, code, retryable] of failures) {
    let failing = true;
    test(`${failure.status} is a ProviderError, and the next request succeeds`, {
      say: () => ({ text: "again" }),
      fails: () => failing ? failure : undefined,
    }, async (driver) => {
      for (const ask of [() => whole(driver), () => streamed(driver)]) {
        const error = await assertRejects(ask, ProviderError);
        assertEquals([error.code, error.status, error.retryable], [
          code,
          failure.status,
          retryable,
        ]);
        assertEquals(error.retryAfterMs, failure.retryAfterMs);
        assert(error.message !== "");
      }
      failing = false;
      assertEquals((await whole(driver)).text, "again");
      assertEquals((await streamed(driver)).reply.text, "again");
    });
  }

  const reasons = [new Error("enough"), new DOMException("late", "TimeoutError"), "a text"];
  /** Returns what the work rejects with. Fails if the driver ignores its signal and hangs. */
  const rejection = (work: Promise<unknown>) =>
    work.then(() => assert(false, "it must reject"), (thrown) => thrown);

  test(
    "rejects if its signal has already aborted",
    { say: () => ({ text: "x" }) },
    async (driver) => {
      for (const reason of reasons) {
        const signal = AbortSignal.abort(reason);
        assertStrictEquals(await rejection(whole(driver, "x", signal)), reason);
        assertStrictEquals(await rejection(streamed(driver, "x", signal)), reason);
      }
    },
  );

  test("an abort while it waits rejects with the reason and leaves nothing behind", {
    say: () => ({ text: "x" }),
    latency: 600_000,
  }, async (driver) => {
    for (const ask of [whole, streamed]) {
      for (const reason of reasons) {
        const controller = new AbortController();
        const all = [1, 2, 3].map(() => rejection(ask(driver, "x", controller.signal)));
        await until(() => driver.inFlight() === 3, "three are asked");
        controller.abort(reason);
        for (const thrown of await Promise.all(all)) assertStrictEquals(thrown, reason);
        await until(() => driver.inFlight() === 0, "nothing is left");
      }
    }
  });

  const long = { say: () => ({ text: "word ".repeat(500) }), slow: true };
  test(
    "an abort in mid-stream rejects with the reason and ends the deltas",
    long,
    async (driver) => {
      for (const reason of reasons) {
        const controller = new AbortController();
        let deltas = 0;
        const thrown = await rejection((async () => {
          for await (const _ of driver.provider.stream(request("x"), controller)) {
            deltas++;
            controller.abort(reason);
          }
        })());
        assertStrictEquals(thrown, reason);
        assertEquals(deltas, 1);
        await until(() => driver.inFlight() === 0, "nothing is left");
      }
    },
  );

  test("leaving a stream ends its request", long, async (driver) => {
    const controller = new AbortController();
    for await (const chunk of driver.provider.stream(request("x"), controller)) {
      assertEquals(chunk.type, "delta");
      break;
    }
    await until(() => driver.inFlight() === 0, "nothing is left");
    controller.abort();
  });

  test("an abort after the end has no effect", {
    say: () => ({ text: "done" }),
  }, async (driver) => {
    const controller = new AbortController();
    assertEquals((await whole(driver, "x", controller.signal)).text, "done");
    const { reply } = await streamed(driver, "x", controller.signal);
    controller.abort();
    assertEquals(reply.text, "done");
  });
}
