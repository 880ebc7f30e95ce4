import { AgentError, batch, each, RunError, type Settled } from "@shoal/agents";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  counted,
  delay,
  echoAgent,
  type Equals,
  hangingAgent,
  numbers,
  promptly,
  rejection,
  stuckAfter,
  typeTest,
  unhandledRejections,
} from "./helpers.ts";

const never = () => new Promise<never>(() => {});

Deno.test("each returns the values of the function in input order", async () => {
  // Each item waits for the item that is to end before it.
  const before = [2, undefined, 3, 1];
  const ends = before.map(() => Promise.withResolvers<void>());
  const seen: number[] = [];
  const values = await each(["a", "b", "c", "d"], async (item, { index, signal }) => {
    assert(signal instanceof AbortSignal && !signal.aborted);
    const previous = before[index];
    if (previous !== undefined) await ends[previous]!.promise;
    seen.push(index);
    ends[index]!.resolve();
    return item + index;
  });
  assertEquals(values, ["a0", "b1", "c2", "d3"]);
  assertEquals(seen, [1, 3, 2, 0]);
});

Deno.test("each accepts any iterable and a sync function", async () => {
  const { async } = counted((i) => i, 3);
  const sources = [
    [0, 1, 2],
    new Set([0, 1, 2]),
    numbers(3),
    async(),
    ReadableStream.from([0, 1, 2]),
  ];
  for (const source of sources) {
    const values = await each(source, (n) => n * 2);
    typeTest<Equals<typeof values, number[]>>();
    assertEquals(values, [0, 2, 4]);
  }
  assertEquals(await each(new Uint8Array([1, 2]), (n) => n), [1, 2]);
  assertEquals(await each([], never), []);
  assertEquals(await each(numbers(0), never), []);
});

Deno.test("each keeps undefined, null, false, 0 and the empty string as values", async () => {
  const values = [undefined, null, false, 0, "", NaN, undefined];
  assertEquals(await each(values, (value) => value), values);
  assertEquals(
    await each(values, (value) => value, { settle: true }),
    values.map((value) => ({ ok: true as const, value })),
  );
});

Deno.test("each never exceeds its concurrency", async () => {
  let [running, most] = [0, 0];
  await each(counted((i) => i, 30).async(), async () => {
    most = Math.max(most, ++running);
    await delay(3);
    running--;
  }, { concurrency: 4 });
  assertEquals(most, 4);
});

Deno.test("each stops at the first throw, aborts the rest and keeps finished values", async () => {
  for (const kind of ["sync", "async"] as const) {
    const { seen, ...make } = counted((i) => i);
    const aborted: number[] = [];
    const mine = new Error("no 3");
    const reasons = await unhandledRejections(async () => {
      const error = await rejection(
        each(make[kind](), async (n, { signal }) => {
          if (n === 3) {
            await delay(5);
            throw mine;
          }
          if (n < 3) return `done ${n}`;
          try {
            await delay(60_000, { signal });
          } catch (error) {
            aborted.push(n);
            throw error;
          }
        }, { concurrency: 2 }),
        RunError,
      );
      assertStrictEquals(error.cause, mine);
      assertEquals(error.errors, [mine]);
      assertEquals(error.results, ["done 0", "done 1", "done 2"]);
      assert(error.message.startsWith("Cannot finish each as its function threw at item 3: no 3"));
    });
    assertEquals(reasons, []);
    assertEquals(seen.pulled, 5);
    assertEquals(seen.closed, true);
    assertEquals(aborted, [4]);
  }
});

Deno.test("each stops if a sync function throws, or if the value is not an Error", async () => {
  const one = await rejection(
    each([1], () => {
      throw new TypeError("sync");
    }),
    RunError,
  );
  assertEquals((one.cause as Error).message, "sync");
  const two = await rejection(each([1], () => Promise.reject("text")), RunError);
  assertEquals([two.cause, two.errors], ["text", ["text"]]);
  const three = await rejection(each([1], () => Promise.reject(undefined)), RunError);
  assertEquals(three.errors, [undefined]);
});

Deno.test("each with settle continues after a throw", async () => {
  const settled = await each([...numbers(5)], (n) => {
    if (n % 2 === 1) throw new Error(`no ${n}`);
    return n;
  }, { settle: true, concurrency: 2 });
  typeTest<Equals<typeof settled, Settled<number>[]>>();
  assertEquals(
    settled.map((one) => one.ok ? one.value : (one.error as Error).message),
    [0, "no 1", 2, "no 3", 4],
  );
  assertEquals(Object.keys(settled[0]!), ["ok", "value"]);
  assertEquals(Object.keys(settled[1]!), ["ok", "error"]);
});

Deno.test("each ends promptly at an abort or deadline that the function ignores", async () => {
  for (const items of [[1, 2, 3], numbers(), stuckAfter(1, 2).source]) {
    const controller = new AbortController();
    const running = each(items, (n) => n === 1 ? "one" : never(), {
      concurrency: 2,
      signal: controller.signal,
    });
    await delay(5);
    controller.abort(new Error("stop"));
    const error = await promptly(rejection(running, RunError));
    assertEquals((error.cause as Error).message, "stop");
  }
  for (
    const items of [[1, 2, 3], numbers(), stuckAfter(1, 2).source, stuckAfter<number>().source]
  ) {
    const error = await promptly(
      rejection(each(items, (n) => n === 1 ? "one" : never(), { deadline: 20 }), RunError),
    );
    assertEquals((error.cause as DOMException).name, "TimeoutError");
  }
});

Deno.test("each does not mistake a hanging source at the deadline for its end", async () => {
  const { source } = stuckAfter(1, 2);
  const error = await promptly(
    rejection(each(source, (n) => n * 10, { deadline: 20 }), RunError),
  );
  assertEquals(error.results, [10, 20]);
  assert(error.message.includes("within 20 ms"), error.message);
});

Deno.test("each with settle returns unfinished items at the deadline as errors", async () => {
  const settled = await promptly(
    each([1, 2, 3, 4], (n) => n === 1 ? n : never(), {
      settle: true,
      deadline: 20,
      concurrency: 2,
    }),
  );
  assertEquals(settled.map(({ ok }) => ok), [true, false, false, false]);
  assertEquals(settled.slice(1).map(({ error }) => (error as DOMException).name), [
    "TimeoutError",
    "TimeoutError",
    "TimeoutError",
  ]);
});

Deno.test("each with settle rejects if it is aborted or its source throws", async () => {
  const aborted = await rejection(
    each([1], (n) => n, { settle: true, signal: AbortSignal.abort() }),
    RunError,
  );
  assertEquals(aborted.results, []);
  const broken = await rejection(
    each(
      (function* () {
        yield 1;
        throw new Error("broken");
      })(),
      () => Promise.reject("no"),
      { settle: true },
    ),
    RunError,
  );
  assertEquals(broken.results, [{ ok: false, error: "no" }]);
  assertEquals((broken.cause as Error).message, "broken");
});

Deno.test("each starts nothing if its signal has already aborted", async () => {
  let called = 0;
  const { seen, sync } = counted((i) => i);
  await rejection(each(sync(), () => called++, { signal: AbortSignal.abort() }), RunError);
  assertEquals([called, seen.pulled], [0, 0]);
});

Deno.test("each shares its concurrency with all calls inside the function", async () => {
  const { agent, provider } = echoAgent(3);
  const values = await each([...numbers(6)], async (n) => {
    const all = await batch([0, 1, 2, 3].map((i) => [agent, { text: `${n}.${i}` }]));
    return all.map(({ content }) => content).join();
  }, { concurrency: 2 });
  assertEquals(values[5], "5.0,5.1,5.2,5.3");
  assertEquals(provider.calls, 24);
  assertEquals(provider.peakInFlight, 2);
});

Deno.test("each aborts calls inside when the function throws for another item", async () => {
  const { agent, deaf } = hangingAgent();
  const codes: string[] = [];
  await rejection(
    each([1, 2, 3], async (n) => {
      if (n === 3) {
        await delay(5);
        throw new Error("enough");
      }
      await agent.call({ text: `${n}` }).catch((error: AgentError) => {
        codes.push(error.code);
        throw error;
      });
    }),
    RunError,
  );
  await delay(1);
  assertEquals(deaf.aborted, 2);
  assertEquals(codes, ["aborted", "aborted"]);
});

Deno.test("each passes on the failure of a call unchanged", async () => {
  const { agent } = echoAgent();
  const error = await rejection(
    each([1], () => agent.call({ text: "a" }, { signal: AbortSignal.abort() })),
    RunError,
  );
  assert(error.cause instanceof AgentError);
  assertEquals(error.cause.code, "aborted");
});
