/** The end of a scope: calls that were not awaited, that fail, or that outlive it. */
import { AgentError, batch, RunError, scope, stream } from "@shoal/agents";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  counted,
  delay,
  echoAgent,
  fussyAgent,
  hangingAgent,
  promptly,
  rejection,
  unhandledRejections,
} from "./helpers.ts";

Deno.test("scope awaits calls at its end that were not awaited", async () => {
  const { agent, provider } = echoAgent(10);
  const done: string[] = [];
  await scope({ concurrency: 2 }, () => {
    for (const text of ["a", "b", "c"]) {
      agent.call({ text }).then(({ content }) => done.push(content));
    }
    batch([[agent, { text: "d" }]]);
  });
  assertEquals(done, ["a", "b", "c"]);
  assertEquals([provider.calls, provider.inFlight], [4, 0]);
});

Deno.test("scope awaits consecutive calls of a function that was not awaited", async () => {
  const { agent, provider } = echoAgent(3);
  const done: string[] = [];
  await scope({}, () => {
    (async () => {
      for (const text of ["a", "b", "c"]) done.push((await agent.call({ text })).content);
    })();
    agent.call({ text: "d" }).then(() => agent.call({ text: "e" })).then(() => done.push("e"));
  });
  assertEquals(done.toSorted(), ["a", "b", "c", "e"]);
  assertEquals(provider.calls, 5);
});

Deno.test("scope rejects if a call that was not awaited fails, with none unhandled", async () => {
  const { agent } = fussyAgent(2);
  const reasons = await unhandledRejections(async () => {
    const error = await rejection(
      scope({}, () => {
        agent.call({ text: "fail 1" });
        agent.call({ text: "ok" });
        agent.call({ text: "fail 2" });
      }),
      RunError,
    );
    assertEquals(error.errors.map((one) => one instanceof AgentError), [true, true]);
    assertStrictEquals(error.cause, error.errors[0]);
    assert(error.message.includes("2 of the calls"), error.message);
  });
  assertEquals(reasons, []);
});

Deno.test("scope awaits promises chained to a call, and rejects if they do", async () => {
  const { agent } = fussyAgent(2);
  const reasons = await unhandledRejections(async () => {
    let saved = false;
    await scope({}, () => {
      agent.call({ text: "a" }).then(async () => {
        await delay(10);
        saved = true;
      });
      agent.call({ text: "fail" }).then(() => {}).catch(() => {});
      agent.call({ text: "fail" }).then(() => {}, () => {});
    });
    assertEquals(saved, true);
    const failing = scope({}, (given) => {
      agent.call({ text: "fail" }).then(() => {}).then(() => {});
      assertEquals(given.pending, 1);
    });
    assertEquals((await rejection(failing, RunError)).errors.length, 1);
    const hanging = scope({ deadline: 20 }, () => {
      agent.call({ text: "a" }).then(() => new Promise(() => {}));
    });
    await promptly(rejection(hanging, RunError));
  });
  assertEquals(reasons, []);
});

Deno.test("scope ignores failures that the caller catches, now or later", async () => {
  const { agent } = fussyAgent();
  const reasons = await unhandledRejections(async () => {
    const value = await scope({}, async () => {
      const late = agent.call({ text: "fail" });
      const all = Promise.allSettled([agent.call({ text: "fail" }), agent.call({ text: "fail" })]);
      await agent.call({ text: "fail" }).catch(() => {});
      await delay(10);
      await assertRejects(() => late, AgentError);
      return (await all).length;
    });
    assertEquals(value, 2);
    const error = await rejection(scope({}, () => agent.call({ text: "fail" })), AgentError);
    assertEquals(error.code, "provider");
  });
  assertEquals(reasons, []);
});

Deno.test("scope aborts its calls if its function throws, and throws the same error", async () => {
  const { agent, deaf } = hangingAgent();
  const mine = new Error("mine");
  const reasons = await unhandledRejections(async () => {
    const ending = scope({}, async () => {
      agent.call({ text: "a" });
      batch([[agent, { text: "b" }], [agent, { text: "c" }]]);
      await delay(5);
      throw mine;
    });
    assertStrictEquals(await promptly(rejection(ending, Error)), mine);
    assertEquals([deaf.signals.length, deaf.aborted], [3, 3]);
  });
  assertEquals(reasons, []);
});

Deno.test("a call inside a scope that has ended fails with the code aborted", async () => {
  const { agent, provider } = echoAgent();
  const reasons = await unhandledRejections(async () => {
    let leaked: Promise<unknown> | undefined;
    let leakedBatch: Promise<unknown> | undefined;
    await scope({}, () => {
      setTimeout(() => {
        leaked = agent.call({ text: "late" });
        leakedBatch = batch([[agent, { text: "late" }]]);
      }, 5);
    });
    await delay(15);
    assertEquals((await rejection(leaked!, AgentError)).code, "aborted");
    await rejection(leakedBatch!, RunError);
  });
  assertEquals(reasons, []);
  assertEquals(provider.calls, 0);
});

Deno.test("a stream that is left open ends with its scope", async () => {
  const { agent, provider } = echoAgent(() => provider.calls <= 1 ? 0 : 60_000);
  const { seen, async } = counted((i) => [agent, { text: `${i}` }] as const);
  await promptly(
    scope({}, async () => {
      const items = stream(async(), { onProgress() {}, concurrency: 3 });
      await items.next();
      throw new Error("done");
    }).catch(() => {}),
  );
  await delay(1);
  assertEquals([provider.inFlight, seen.closed], [0, true]);
});
