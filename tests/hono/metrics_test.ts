import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import parse from "parse-prometheus-text-format";
import { Activity, type ActivityEvent } from "../../src/hono/activity.ts";
import { MinuteWindow } from "../../src/hono/minute_window.ts";
import { configured, resetConfiguration, used } from "../helpers.ts";
import { echo, hanging, request, routes, waitUntil } from "./helpers.ts";

interface Family {
  readonly name: string;
  readonly type: string;
  // deno-lint-ignore no-explicit-any -- histograms have other members
  readonly metrics: any[];
}

function families(text: string): Map<string, Family> {
  return new Map((parse(text) as Family[]).map((family) => [family.name, family]));
}

Deno.test("reports calls, failures, tokens, cost and durations in Prometheus' format", async () => {
  configure({ prices: { m: { input: 1_000_000, output: 1_000_000 } } });
  try {
    const name = 'odd "name"\\ \n';
    const odd = defineAgent({ name, run: () => 1 });
    const app = routes([echo().agent, odd]);
    await request(app, "/echo", { text: "four" });
    await request(app, "/echo/stream", { text: "four" });
    await request(app, "/echo", {});
    await request(app, "/batch", { calls: [{ agent: "echo", params: { text: "four" } }] });
    await request(app, `/${encodeURIComponent(name)}`, {});
    const { text, headers } = await request(app, "/metrics");
    assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const all = families(text);
    const value = (family: string, labels: object) =>
      all.get(family)!.metrics.find((metric) =>
        Object.entries(labels).every(([key, label]) => metric.labels[key] === label)
      )?.value;
    assertEquals(value("shoal_calls_total", { agent: "echo" }), "4");
    assertEquals(all.get("shoal_calls_total")!.metrics.length, 2);
    assertEquals(value("shoal_call_failures_total", { code: "invalid_params" }), "1");
    assertEquals(value("shoal_tokens_total", { agent: "echo", direction: "output" }), "3");
    assertEquals(value("shoal_cost_dollars_total", { agent: "echo" }), "6");
    // The parser does not support histograms with labels.
    const lines = text.split("\n");
    const histogram = "shoal_call_duration_seconds";
    assert(lines.includes(`${histogram}_bucket{agent="echo",le="+Inf"} 4`));
    assert(lines.includes(`${histogram}_count{agent="echo"} 4`));
  } finally {
    resetConfiguration();
  }
});

Deno.test("reports cache tokens, and the part of the cost that servers reported", async () => {
  const usage = { ...used(10, 1, 4), cacheWriteTokens: 5 };
  const provider = scripted(({ messages }) => ({
    text: "hi",
    usage,
    ...(messages.at(-1)!.content === "reported" && { cost: { total: 0.25 } }),
  }));
  using _ = configured({ prices: { m: { input: 100_000, output: 0 } } });
  const app = routes([defineAgent({ name: "a", model: "m", prompt: "{text}", provider })]);
  await request(app, "/a", { text: "reported" });
  const { json } = await request(app, "/a", { text: "priced" });
  assertEquals([json.cost.source, json.usage.cacheWriteTokens], ["prices", 5]);
  const { text } = await request(app, "/metrics");
  const lines = new Set(text.split("\n"));
  for (
    const line of [
      'shoal_cache_tokens_total{agent="a",operation="read"} 8',
      'shoal_cache_tokens_total{agent="a",operation="write"} 10',
      'shoal_cost_dollars_total{agent="a"} 1.25',
      'shoal_reported_cost_dollars_total{agent="a"} 0.25',
    ]
  ) assert(lines.has(line), line);
});

Deno.test("shows a caller its own figures, and all to those who may see them", async () => {
  const stuck = hanging();
  const auth = {
    tokens: ["alice", "bob", "prometheus"].map((id) => ({ token: id, id })),
  };
  const metrics = { principals: ["prometheus"] };
  const app = routes([echo().agent, stuck.agent], { auth, metrics, dashboard: true });
  const as = (id: string) => ({ authorization: `Bearer ${id}` });
  for (const text of ["a", "b"]) await request(app, "/echo", { text }, as("alice"));
  await request(app, "/echo", {}, as("alice"));
  await request(app, "/batch", { calls: [{ agent: "echo", params: { text: "c" } }] }, as("bob"));
  const running = request(app, "/hanging", { text: "x" }, as("bob"));
  await waitUntil(() => stuck.calls === 1, "a call is in flight");
  const figures = async (id: string) => {
    const lines = (await request(app, "/metrics", undefined, as(id))).text.split("\n");
    return [
      'shoal_calls_total{agent="echo"} ',
      'shoal_call_failures_total{agent="echo",code="invalid_params"} ',
      'shoal_calls_in_flight{agent="hanging"} ',
      "shoal_runs_in_flight ",
      'shoal_call_duration_seconds_count{agent="echo"} ',
    ].map((name) => lines.find((line) => line.startsWith(name))?.slice(name.length));
  };
  assertEquals(await figures("alice"), ["3", "1", "0", "0", "3"]);
  assertEquals(await figures("bob"), ["1", undefined, "1", "1", "1"]);
  assertEquals(await figures("prometheus"), ["4", "1", "1", "1", "4"]);
  const { text } = await request(app, "/metrics", undefined, as("alice"));
  assert(!text.includes("shoal_unauthorized"), "counts of others");
  await app.shutdown({ grace: 0 });
  await running;

  const open = routes([echo().agent], { auth, open: ["metrics"] });
  await request(open, "/echo", { text: "x" }, as("bob"));
  const everyone = await (await open.request("/metrics")).text();
  assert(everyone.includes('shoal_calls_total{agent="echo"} 1\n'));
});

Deno.test("the figures of callers are bounded, and those with calls in flight are kept", async () => {
  const activity = new Activity(["a"]);
  activity.beginRun({ id: "1", kind: "call", principal: "busy", total: 1 });
  const end = activity.beginCall("a", "1");
  for (let i = 0; i < 1_500; i++) {
    activity.beginRun({ id: `r${i}`, kind: "call", principal: `p${i}`, total: 1 });
    activity.beginCall("a", `r${i}`)(undefined);
    activity.endRun(`r${i}`);
  }
  const calls = (principal: string) => activity.figuresOf(principal).agents.get("a")!.calls;
  assertEquals([calls("busy"), calls("p0"), calls("p1499")], [1, 0, 1]);
  end(await echo("a").agent.settle({ text: "x" }));
  assertEquals(activity.figuresOf("busy").agents.get("a")!.inFlight, 0);
  assertEquals(activity.agents.get("a")!.calls, 1_501);
});

Deno.test("counts calls in flight, however they end", async () => {
  const stuck = hanging();
  const app = routes([stuck.agent]);
  const inFlight = async () =>
    families((await request(app, "/metrics")).text).get("shoal_calls_in_flight")!.metrics[0].value;
  const calls = [
    request(app, "/hanging", { text: "x" }),
    request(app, "/hanging/stream", { text: "x" }),
  ];
  await waitUntil(() => stuck.calls === 2, "two calls are in progress");
  assertEquals(await inFlight(), "2");
  await app.shutdown({ grace: 0 });
  await Promise.all(calls);
  assertEquals(await inFlight(), "0");
});

Deno.test("activity notifies listeners and ignores their errors", async () => {
  const activity = new Activity(["a"]);
  const events: ActivityEvent[] = [];
  activity.subscribe(() => {
    throw new Error("a faulty listener");
  });
  const end = activity.subscribe((event) => events.push(event));
  activity.beginRun({ id: "1", kind: "batch", principal: "me", total: 2 });
  const { agent } = echo("a");
  for (const params of [{ text: "x" }, {}]) {
    activity.beginCall("a", "1")(await agent.settle(params as { text: string }));
  }
  assertEquals(activity.runs.map(({ done, failed }) => [done, failed]), [[2, 1]]);
  activity.endRun("1");
  end();
  activity.beginCall("a", "2")(undefined);
  assertEquals(events.map(({ type }) => type), [
    "run-start",
    "call-start",
    "call-end",
    "run-progress",
    "call-start",
    "call-end",
    "run-progress",
    "run-end",
  ]);
  assertEquals(activity.failures.map(({ code, run }) => [code, run]), [
    ["internal", "2"],
    ["invalid_params", "1"],
  ]);
  assertEquals([activity.runs.length, activity.callsPerSecond > 0], [0, true]);
});

Deno.test("a minute window never exceeds its limit and forgets after a minute", () => {
  const window = new MinuteWindow(3);
  const at = 5_000_123;
  assertEquals([0, 10, 20].map((ms) => window.take(at + ms)), [0, 0, 0]);
  const wait = window.take(at + 30);
  assertEquals(wait > 60_000 && wait <= 61_000, true);
  assertEquals(window.take(at + 59_000) > 0, true);
  assertEquals(window.take(at + 30 + wait), 0);
  assertEquals(window.count(at + 30 + wait), 1);
  // After a long silence, and with a clock that goes back.
  assertEquals(window.take(at + 10_000_000), 0);
  assertEquals(window.count(0), 1);
  // The limit holds for every minute, wherever it starts.
  const many = new MinuteWindow(20);
  const admitted: number[] = [];
  for (let now = 0; now < 600_000; now += 137) if (many.take(now) === 0) admitted.push(now);
  for (const from of admitted) {
    const within = admitted.filter((time) => time >= from && time < from + 60_000).length;
    assertEquals(within <= 20, true);
  }
  assertEquals(admitted.length > 180, true);
});

Deno.test("a cached answer costs nothing but counts as a call", async () => {
  const agent = defineAgent({
    name: "kept",
    model: "m",
    prompt: "{text}",
    provider: scripted("x"),
    cache: { ttl: 60_000 },
  });
  const app = routes([agent]);
  assertEquals((await request(app, "/kept", { text: "x" })).json.cached, false);
  assertEquals((await request(app, "/kept", { text: "x" })).json.cached, true);
  const { metrics } = families((await request(app, "/metrics")).text).get("shoal_calls_total")!;
  assertEquals(metrics[0].value, "2");
});
