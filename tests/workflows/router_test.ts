import {
  type ContentOf,
  defineAgent,
  defineRouter,
  type ParamsOf,
  type TemplateValue,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { busy, reply, used } from "../helpers.ts";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

/** Answers with the prompt. */
const provider = scripted(({ messages }) =>
  reply(`${messages.at(-1)!.content}`, { usage: used(1, 1) })
);
const base = { model: "m", provider };
const Topic = defineAgent({ ...base, name: "topic", prompt: "{q}" });
const Billing = defineAgent({ ...base, name: "billing", prompt: "paid: {q}" });
const Count = defineAgent({ name: "count", run: ({ n }: { n: number }) => n });
const Label = Topic.with({ provider: scripted('"tech"') });
const Typed = defineAgent({
  ...base,
  name: "typed",
  prompt: "{q}",
  output: z.enum(["billing", "tech"]),
  provider: scripted('"tech"'),
});

Deno.test("router: one call chooses the route, and another answers", async () => {
  const R = defineRouter({
    name: "desk",
    description: "Answers.",
    by: Topic,
    routes: {
      billing: Billing,
      tech: { agent: Count, params: (p: { q: TemplateValue; n: number }) => p },
    },
  });
  same<ContentOf<typeof R>, string | number>(true);
  const result = await R.call({ q: "billing", n: 1 });
  assertEquals([result.content, result.route, result.status], [
    "paid: billing",
    "billing",
    "success",
  ]);
  assertEquals(result.steps.map(({ agent }) => agent), ["topic", "billing"]);
  assertEquals([result.attempts.length, result.usage, result.agent], [2, used(2, 2), "desk"]);
  const other = await R.call({ q: "tech", n: 0 });
  assertEquals([other.content, other.route], [0, "tech"]);
});

Deno.test("router: finds the route in the spelling of models", async () => {
  const R = defineRouter({
    name: "r",
    by: Topic,
    routes: { billing: Billing, "Tech-1": Billing, "+": Count } as never,
  });
  const cases: [said: string, route: string | undefined][] = [
    ["Billing.", "billing"],
    [' "billing"\n', "billing"],
    ["**BILLING**", "billing"],
    ["tech-1", "Tech-1"],
    ["billing or tech", undefined],
    ["", undefined],
    ["!", undefined],
    ["toString", undefined],
  ];
  for (const [q, route] of cases) {
    const result = await (R as ReturnType<typeof route0>).settle({ q });
    assertEquals(result.route, route, q);
    if (route !== undefined) continue;
    const { code, message, text } = result.error!;
    assertEquals([code, text], ["invalid_output", q]);
    assertEquals(
      message,
      'Cannot finish the workflow "r" as the answer names none of its routes, ' +
        "which are: billing, Tech-1, +",
    );
    assertEquals(result.steps.length, 1);
  }
});
const route0 = () => defineRouter({ name: "r", by: Topic, routes: { billing: Billing } });

Deno.test("router: uses the default if no route is named", async () => {
  const R = defineRouter({ name: "r", by: Topic, routes: { billing: Billing }, default: Topic });
  const result = await R.call({ q: "weather" });
  assertEquals([result.content, result.route], ["weather", "default"]);
});

Deno.test("router: pick returns the route from structured content", async () => {
  const Rich = defineAgent({
    ...base,
    name: "rich",
    prompt: "{q}",
    output: z.object({ to: z.enum(["billing", "tech"]) }),
    provider: scripted('{"to":"billing"}'),
  });
  const cause = new Error("mine");
  const routes = { billing: Billing, tech: Topic };
  const R = defineRouter({ name: "r", by: Rich, routes, pick: (content) => content.to });
  assertEquals((await R.call({ q: "x" })).route, "billing");
  const Bad = defineRouter({
    name: "r",
    by: Rich,
    routes,
    pick: () => {
      throw cause;
    },
  });
  const { error } = await Bad.settle({ q: "x" });
  assertEquals([error!.code, error!.message], [
    "tool",
    'Cannot finish the workflow "r" as its pick threw: mine',
  ]);
  assertStrictEquals(error!.cause, cause);
});

Deno.test("router: the compiler reports missing routes and wrong parameters", () => {
  const never = () => {
    defineRouter({ name: "r", by: Typed, routes: { billing: Billing, tech: Topic } });
    defineRouter({ name: "r", by: Typed, routes: { billing: Billing }, default: Topic });
    // @ts-expect-error there is no route for "tech", and no default
    defineRouter({ name: "r", by: Typed, routes: { billing: Billing } });
    const R = defineRouter({ name: "r", by: Topic, routes: { billing: Billing, count: Count } });
    same<ParamsOf<typeof R>, { q: TemplateValue } & { n: number }>(true);
    // @ts-expect-error a parameter of one of the routes is missing
    R.call({ q: "x" });
    // @ts-expect-error a route is an agent
    defineRouter({ name: "r", by: Topic, routes: { billing: "agent" } });
  };
  assertEquals(typeof never, "function");
});

Deno.test("router: fails if either call fails", async () => {
  const Broken = Topic.with({ name: "broken", retries: 0, provider: scripted(busy()) });
  const first = await defineRouter({ name: "r", by: Broken, routes: { a: Billing } }).settle({
    q: "a",
  });
  assertEquals([first.ok, first.error!.code, first.route, first.steps.length], [
    false,
    "rate_limited",
    undefined,
    1,
  ]);
  const second = await defineRouter({ name: "r", by: Topic, routes: { a: Broken } }).settle({
    q: "a",
  });
  assertEquals([second.error!.code, second.route, second.steps.length], ["rate_limited", "a", 2]);
  assertEquals(second.error!.message.includes('as its step "broken" failed'), true);
  assert(
    !(await defineRouter({ name: "r", by: Topic, routes: { a: Broken } }).settle({ q: "a" })).ok,
  );
});

Deno.test("router: as a tool, takes the parameters of all its agents", () => {
  const Desk = defineRouter({
    name: "desk",
    description: "d",
    by: Label,
    routes: { tech: Billing },
  });
  const tool = Desk.asTool();
  assertEquals([tool.name, tool.description, tool.parameters.required], ["desk", "d", ["q"]]);
  const Mapped = defineRouter({ name: "m", by: Label, routes: { tech: Count } });
  assertThrows(() => Mapped.asTool(), TypeError, "parameters are unknown");
});

Deno.test("router: rejects wrong options at once", () => {
  const right = { name: "r", by: Topic, routes: { a: Billing } };
  const cases: [options: unknown, message: string][] = [
    [undefined, "Cannot define a router as its options must be an object"],
    [{ ...right, name: "" }, "name must be a text"],
    [{ ...right, by: undefined }, 'Cannot define the router "r" as by must be an agent or'],
    [{ ...right, routes: undefined }, "routes must be an object with at least one agent"],
    [{ ...right, routes: {} }, "routes must be an object with at least one agent"],
    [{ ...right, routes: { a: 1 } }, 'the route "a" must be an agent or { agent, params }'],
    [{ ...right, routes: { a: { agent: Billing } } }, 'the route "a".params must be a function'],
    [{ ...right, default: "a" }, "default must be an agent or"],
    [{ ...right, pick: "a" }, "pick must be a function"],
    [{ ...right, route: {} }, 'no option "route": did you mean "routes"?'],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => defineRouter(options as never), TypeError, message);
  }
});
