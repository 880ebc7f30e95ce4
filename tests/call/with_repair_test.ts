import {
  configure,
  defineAgent,
  defineTool,
  type Message,
  type ModelRequest,
  ProviderError,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { busy, configured, fakeTime, handmade, reply, used } from "../helpers.ts";

const output = z.object({ label: z.enum(["good", "bad"]), stars: z.number() });
const base = { name: "a", model: "m", prompt: "Label: {x}", output };
const right = '{"label":"good","stars":5}';
const wrong = '{"label":"great"}';

function lastMessages({ messages }: ModelRequest): readonly Message[] {
  return messages.slice(1);
}

Deno.test("repair: sends an invalid answer back to the model with its issues", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const usage = used(1e6, 0);
  const provider = scripted([reply(wrong, { usage }), reply(right, { usage })]);
  const result = await defineAgent({ ...base, provider }).call({ x: 1 });
  assertEquals(result.content, { label: "good", stars: 5 });
  const [first, second] = provider.requests;
  assertEquals(first!.messages, [{ role: "user", content: "Label: 1" }]);
  assertEquals({ ...second, messages: second!.messages.slice(0, 1) }, { ...first });
  const [shown, demand] = lastMessages(second!);
  assertEquals(shown, { role: "assistant", content: wrong });
  assertEquals(demand!.role, "user");
  const text = demand!.content as string;
  assertStringIncludes(text, "Your answer does not fit the JSON schema:\n- at label: ");
  assertStringIncludes(text, "\n- at stars: ");
  // The rejected answer is one of the attempts, and billed.
  assertEquals(result.attempts.map(({ error }) => error?.code), ["invalid_output", undefined]);
  assertEquals([result.usage, result.cost!.total], [used(2e6, 0), 2]);
});

Deno.test("repair: sends an answer back that is not JSON, unless it is empty", async () => {
  for (const answer of ["I think it is good", ""]) {
    const provider = scripted([answer, right]);
    assertEquals((await defineAgent({ ...base, provider }).call({ x: 1 })).content.stars, 5);
    const [...added] = lastMessages(provider.requests[1]!);
    assertEquals(added.map(({ role }) => role), answer === "" ? ["user"] : ["assistant", "user"]);
    assertStringIncludes(added.at(-1)!.content as string, "- ");
  }
});

Deno.test("repair: repeats up to the limit of the call, the agent or configure", async () => {
  const cases: [agent: object, call: object, config: object, sent: number][] = [
    [{}, {}, {}, 2],
    [{ repair: 0 }, {}, {}, 1],
    [{ repair: { max: 0 } }, {}, {}, 1],
    [{ repair: 3 }, {}, {}, 4],
    [{ repair: {} }, {}, {}, 2],
    [{ repair: { max: 2 } }, { repair: 0 }, {}, 1],
    [{}, { repair: 2 }, { repair: 0 }, 3],
    [{}, {}, { repair: 0 }, 1],
    [{ repair: 1 }, {}, { repair: 0 }, 2],
  ];
  for (const [agent, call, config, sent] of cases) {
    using _ = configured(config);
    const provider = scripted(wrong);
    const result = await defineAgent({ ...base, ...agent, provider }).settle({ x: 1 }, call);
    const { code, issues, text } = result.error!;
    assertEquals([code, text, issues!.length], ["invalid_output", wrong, 2]);
    assertEquals([provider.calls, result.attempts.length], [sent, sent]);
    // Each repair sees the earlier failures.
    assertEquals(provider.requests.at(-1)!.messages.length, 1 + 2 * (sent - 1));
  }
});

Deno.test("repair: skips truncated and filtered answers, and agents without a schema", async () => {
  const answers = [
    reply(wrong.slice(0, 9), { finishReason: "length" }),
    reply(wrong, { finishReason: "content_filter" }),
    reply(wrong, { refusal: "no" }),
  ];
  for (const answer of answers) {
    const provider = scripted(answer);
    const result = await defineAgent({ ...base, provider }).settle({ x: 1 });
    assert(result.error!.code !== "invalid_output");
    // It distinguishes a refusal from a filter.
    assertEquals(result.error!.finishReason, answer.finishReason);
    assertEquals(provider.calls, 1);
  }
  const provider = scripted(wrong);
  await defineAgent({ ...base, output: undefined, repair: 5, provider }).call({ x: 1 });
  assertEquals(provider.calls, 1);
});

Deno.test("repair: falls back to the next model with the original conversation", async () => {
  const provider = scripted(({ model }) => model === "m" ? wrong : right);
  const A = defineAgent({ ...base, provider, fallbackModels: ["m2"] });
  const result = await A.call({ x: 1 });
  assertEquals(result.content.stars, 5);
  assertEquals(provider.requests.map(({ model }) => model), ["m", "m", "m2"]);
  assertEquals(provider.requests[2]!.messages, provider.requests[0]!.messages);
});

Deno.test("repair: has retries of its own", async () => {
  using time = fakeTime();
  const provider = scripted([busy(), wrong, busy(), right]);
  const call = defineAgent({ ...base, provider, retries: 1 }).call({ x: 1 });
  await time.tick(10_000);
  assertEquals((await call).attempts.map(({ error }) => error?.code), [
    "rate_limited",
    "invalid_output",
    "rate_limited",
    undefined,
  ]);
});

Deno.test("repair: does not repair an answer that emitted deltas", async () => {
  const provider = scripted([wrong, right]);
  const seen: string[] = [];
  const A = defineAgent({ ...base, provider });
  const result = await A.settle({ x: 1 }, { onDelta: (text) => void seen.push(text) });
  assertEquals([result.error!.code, provider.calls, seen], ["invalid_output", 1, [wrong]]);
});

Deno.test("repair: repairs a streamed answer that emitted no delta", async () => {
  let n = 0;
  const provider = handmade({
    async *stream() {
      await Promise.resolve();
      const text = n++ === 0 ? "" : right;
      if (text !== "") yield { type: "delta", text };
      yield { type: "reply", reply: reply(text) };
    },
  });
  const result = await defineAgent({ ...base, provider }).stream({ x: 1 }).result;
  assertEquals([result.content.stars, n], [5, 2]);
});

Deno.test("repair: caches the repaired answer for the original request", async () => {
  using _ = configured();
  const provider = scripted([wrong, right, "never"]);
  const A = defineAgent({ ...base, provider, cache: { ttl: 60_000 } });
  assertEquals((await A.call({ x: 1 })).cached, false);
  const again = await A.call({ x: 1 });
  assertEquals([again.content.stars, again.cached, provider.calls], [5, true, 2]);
});

Deno.test("repair: coalesced calls share the repair", async () => {
  const provider = scripted([wrong, right, "never"]);
  const A = defineAgent({ ...base, provider, coalesce: true });
  const results = await Promise.all([A.call({ x: 1 }), A.call({ x: 1 })]);
  assertEquals(results.map(({ content }) => content.stars), [5, 5]);
  assertEquals(provider.calls, 2);
});

Deno.test("repair: the message to the model stays short for any number of issues", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ maxLength: 5_000 }), fc.array(fc.string())), { minLength: 1 }),
      async (found) => {
        const issues = found.map(([message, path]) => ({ message, path }));
        const picky = {
          "~standard": { version: 1 as const, vendor: "mine", validate: () => ({ issues }) },
          type: "object",
        };
        Object.assign(picky["~standard"], { jsonSchema: { input: () => ({ type: "object" }) } });
        const provider = scripted("{}");
        const result = await defineAgent({ ...base, output: picky, provider }).settle({ x: 1 });
        assertEquals(result.error!.issues!.length, found.length);
        const demand = lastMessages(provider.requests[1]!)[1]!.content as string;
        assert(demand.length <= 3_300, `${demand.length}`);
      },
    ),
    { numRuns: 30 },
  );
});

const unparsed = (text: string) =>
  new ProviderError("the server answered 400: it could not be parsed", {
    code: "invalid_output",
    status: 400,
    retryable: false,
    text,
  });

Deno.test("repair: corrects an answer that the server could not parse, with a schema or tools", async () => {
  const tools = [defineTool({ name: "f", input: { type: "object" }, run: () => "fine" })];
  for (const [more, answer] of [[{}, right], [{ output: undefined, tools }, "done"]] as const) {
    for (const text of ["<f", ""]) {
      const provider = scripted([unparsed(text), answer]);
      const result = await defineAgent({ ...base, ...more, provider }).call({ x: 1 });
      assertEquals(result.attempts.map(({ error, status }) => [error?.code, status]), [
        ["invalid_output", 400],
        [undefined, undefined],
      ]);
      const added = lastMessages(provider.requests[1]!);
      assertEquals(added.map(({ role }) => role), text === "" ? ["user"] : ["assistant", "user"]);
      assertStringIncludes(added.at(-1)!.content as string, "could not be parsed");
    }
  }
});

Deno.test("repair: requests one correction of an answer that the server cannot parse", async () => {
  const tools = [defineTool({ name: "f", input: { type: "object" }, run: () => "fine" })];
  const cases: [more: object, calls: number][] = [
    [{}, 2],
    [{ repair: 0 }, 1],
    [{ output: undefined, tools }, 2],
    [{ output: undefined }, 1],
  ];
  for (const [more, calls] of cases) {
    const provider = scripted(unparsed("<f"));
    const { error } = await defineAgent({ ...base, ...more, provider }).settle({ x: 1 });
    assertEquals([error?.code, error?.text, provider.calls], ["invalid_output", "<f", calls]);
  }
});

Deno.test("repair: rejects invalid options", () => {
  for (
    const [repair, message] of [["1", "whole number or"], [-1, "repair"], [{ max: 0.5 }, "max"]]
  ) {
    for (const set of [(o: object) => defineAgent({ ...base, ...o }), configure]) {
      assertThrows(() => set({ repair } as never), Error, message as string);
    }
  }
});
