import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import parse from "parse-prometheus-text-format";
import { Activity, type ActivityEvent } from "../../src/hono/activity.ts";
import { MinuteWindow } from "../../src/hono/minute_window.ts";
import { resetConfiguration } from "../helpers.ts";
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

Deno.test("calls, failures, tokens, cost and time, read by Prometheus' rules", async () => {
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
    // This parser knows no histograms with labels.
    const lines = text.split("\n");
    const histogram = "shoal_call_duration_seconds";
    assert(lines.includes(`${histogram}_bucket{agent="echo",le="+Inf"} 4`));
    assert(lines.includes(`${histogram}_count{agent="echo"} 4`));
  } finally {
    resetConfiguration();
  }
});

Deno.test("what is in flight is counted, however it ends", async () => {
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

Deno.test("the registry tells who listens what happens, and who listens badly breaks nothing", async () => {
  const registry = new Activity(["a"]);
  const events: ActivityEvent[] = [];
  registry.subscribe(() => {
    throw new Error("a bad listener");
  });
  const end = registry.subscribe((event) => events.push(event));
  registry.beginRun({ id: "1", kind: "batch", principal: "me", total: 2 });
  const { agent } = echo("a");
  for (const params of [{ text: "x" }, {}]) {
    registry.beginCall("a", "1")(await agent.settle(params as { text: string }));
  }
  assertEquals(registry.runs.map(({ done, failed }) => [done, failed]), [[2, 1]]);
  registry.endRun("1");
  end();
  registry.beginCall("a", "2")(undefined);
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
  assertEquals(registry.failures.map(({ code, run }) => [code, run]), [
    ["internal", "2"],
    ["invalid_params", "1"],
  ]);
  assertEquals([registry.runs.length, registry.callsPerSecond > 0], [0, true]);
});

Deno.test("a minute's window never lets more through than its limit, and forgets after a minute", () => {
  const window = new MinuteWindow(3);
  const at = 5_000_123;
  assertEquals([0, 10, 20].map((ms) => window.take(at + ms)), [0, 0, 0]);
  const wait = window.take(at + 30);
  assertEquals(wait > 60_000 && wait <= 61_000, true);
  assertEquals(window.take(at + 59_000) > 0, true);
  assertEquals(window.take(at + 30 + wait), 0);
  assertEquals(window.count(at + 30 + wait), 1);
  // Long silence, and a clock that a test holds.
  assertEquals(window.take(at + 10_000_000), 0);
  assertEquals(window.count(0), 1);
  // Any minute: what is let through at random times keeps to it, seen from every moment.
  const many = new MinuteWindow(20);
  const let_: number[] = [];
  for (let now = 0; now < 600_000; now += 137) if (many.take(now) === 0) let_.push(now);
  for (const from of let_) {
    const within = let_.filter((time) => time >= from && time < from + 60_000).length;
    assertEquals(within <= 20, true);
  }
  assertEquals(let_.length > 180, true);
});

Deno.test("an answer from a cache costs nothing, and is a call all the same", async () => {
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
