import { batch, defineAgent, defineParallel, RunError } from "@shoal/agents";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { echoAgent, hangingAgent, promptly, rejection } from "../run/helpers.ts";

const { agent, provider } = echoAgent();
// deno-lint-ignore no-explicit-any
const define = (options: unknown): unknown => defineParallel(options as any);
const name = "w";
const branches = { a: agent };

Deno.test("defineParallel rejects wrong options and names their place", () => {
  const wrong: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [undefined, TypeError, "its options must be an object"],
    [[], TypeError, "its options must be an object"],
    [{ branches }, TypeError, "name must be a text"],
    [{ name: "", branches }, TypeError, "name must be a text"],
    [{ name }, TypeError, "branches must be an object of agents"],
    [{ name, branches: {} }, TypeError, "an object with at least one agent"],
    [{ name, branches: [agent] }, TypeError, "an object with at least one agent"],
    [{ name, branches: null }, TypeError, "an object with at least one agent"],
    [{ name, branches: { a: 1 } }, TypeError, 'the branch "a" must be an agent'],
    [{ name, branches: { a: {} } }, TypeError, 'the branch "a" must be an agent'],
    [{ name, branches: { a: { agent: "x" } } }, TypeError, 'the branch "a" must be an agent'],
    [{ name, branches: { a: { agent, optinal: true } } }, TypeError, 'did you mean "optional"?'],
    [
      { name, branches: { a: { agent, optional: 1 } } },
      TypeError,
      "optional must be true or false",
    ],
    [{ name, branches: { a: { agent, input: {} } } }, TypeError, "input must be a function"],
    [{ name, branches, failfast: true }, TypeError, 'did you mean "failFast"?'],
    [{ name, branches, failFast: "yes" }, TypeError, "failFast must be true or false"],
    [{ name, branches, concurrency: 0 }, RangeError, "concurrency must be a positive integer"],
    [{ name, branches, concurrency: "2" }, TypeError, "concurrency must be a positive integer"],
    [{ name, branches, timeout: 0 }, RangeError, "timeout must be a positive number"],
    [{ name, branches, timeout: { idle: 5 } }, TypeError, "use a total"],
    [{ name, branches, budget: { cost: -1 } }, RangeError, "cost must be a number of US dollars"],
    [{ name, branches, maxCost: 1 }, TypeError, 'no option "maxCost": use "budget: { cost }"'],
    [{ name, branches, aggregate: 1 }, TypeError, "aggregate must be a function"],
    [{ name, branches, description: 1 }, TypeError, "description must be a text"],
  ];
  for (const [options, type, words] of wrong) assertThrows(() => define(options), type, words);
});

Deno.test("a workflow rejects wrong options of a call; in a batch, at once", async () => {
  const Flow = defineParallel({ name, branches });
  // deno-lint-ignore no-explicit-any
  const options: any = { signl: new AbortController().signal };
  const error = await rejection(Flow.call({ text: "a" }, options), TypeError);
  assert(error.message.includes('did you mean "signal"?'), error.message);
  await rejection(batch([[Flow, { text: "a" }, options]]), TypeError);
  assertEquals(provider.calls, 0);
});

Deno.test("a branch without a model throws a TypeError and aborts the others", async () => {
  const { agent: hanging, deaf } = hangingAgent();
  const Nameless = defineAgent({ name: "nameless", prompt: "{text}", provider });
  const Flow = defineParallel({ name, branches: { hanging, nameless: Nameless } });
  const error = await promptly(rejection(Flow.call({ text: "a" }), TypeError));
  assert(error.message.includes("no model is named"), error.message);
  assertEquals(deaf.aborted, deaf.signals.length);
  const failed = await promptly(rejection(batch([[Flow, { text: "a" }]]), RunError));
  assertInstanceOf(failed.cause, TypeError);
});

Deno.test("later changes of the options object have no effect", async () => {
  const options = { name, branches: { a: agent } as Record<string, typeof agent> };
  const Flow = defineParallel(options);
  options.branches.b = agent;
  options.name = "other";
  const result = await Flow.call({ text: "a" });
  assertEquals([Object.keys(result.branches), result.agent, Flow.name], [["a"], "w", "w"]);
});
