/** Tests what happens on Cloudflare Workers when a request ends without running any more code. */
import { assertEquals } from "@std/assert";
import { endSilentRequests, Heartbeat } from "../../src/async/heartbeat.ts";
import { SingleFlight } from "../../src/cache/single_flight.ts";
import { AnswerHistory } from "../../src/limits/answer_history.ts";
import { Budget } from "../../src/limits/budget.ts";
import { Limiter } from "../../src/limits/limiter.ts";
import { Permits } from "../../src/limits/permits.ts";
import { fakeTime } from "../helpers.ts";
import { microtasks } from "../limits/helpers.ts";

const REQUEST = { tokens: 0, priority: 0 };
const ESTIMATE = { inputTokens: 1, likelyInput: 1, maxTokens: 1, history: new AnswerHistory() };

/** Starts the heartbeat of a request that runs. */
function start(onGone: () => void): Heartbeat {
  return Reflect.construct(Heartbeat, [onGone]);
}

/** Starts the heartbeat of a request that has ended: its timers do not fire. */
function startEnded(onGone: () => void): Heartbeat {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  try {
    return start(onGone);
  } finally {
    globalThis.setTimeout = real;
  }
}

Deno.test("heartbeat: a request that runs notices one that has ended", async () => {
  using time = fakeTime();
  const gone: string[] = [];
  using _ = start(() => gone.push("running"));
  startEnded(() => gone.push("ended"));
  await time.tick(9_000);
  assertEquals(gone, []);
  await time.tick(3_000);
  assertEquals(gone, ["ended"]);
});

Deno.test("heartbeat: code that runs for long without a pause ends no request", async () => {
  using time = fakeTime();
  const gone: number[] = [];
  const all = [1, 2, 3].map((n) => start(() => gone.push(n)));
  await time.tick(5_000);
  // All timers are late.
  const { now } = performance;
  performance.now = () => now.call(performance) + 60_000;
  endSilentRequests(performance.now());
  await time.tick(5_000);
  assertEquals(gone, []);
  for (const heartbeat of all) heartbeat[Symbol.dispose]();
  performance.now = now;
});

Deno.test("heartbeat: refused requests alone free what ended ones hold", async () => {
  using time = fakeTime();
  endSilentRequests(performance.now());
  let gone = 0;
  startEnded(() => gone++);
  for (const expected of [0, 1]) {
    await time.tick(20_000);
    endSilentRequests(performance.now());
    assertEquals(gone, expected);
  }
});

Deno.test("heartbeat: a permit is released that was granted to a request that has ended", async () => {
  const limiter = new Limiter({ concurrency: 1 });
  await limiter.acquire(REQUEST, undefined);
  const heartbeat = startEnded(() => {});
  limiter.acquire({ ...REQUEST, heartbeat }, undefined);
  limiter.release(REQUEST, undefined);
  assertEquals(limiter.held, 1);
  heartbeat.end();
  assertEquals(limiter.held, 0);
});

Deno.test("heartbeat: a permit is released once, whenever its request ends", async () => {
  for (let turns = 0; turns < 6; turns++) {
    const limiter = new Limiter({ concurrency: 1 });
    await limiter.acquire(REQUEST, undefined);
    const heartbeat = startEnded(() => permits.release());
    const permits = new Permits([limiter], { ...REQUEST, heartbeat });
    const acquired = permits.acquire(undefined).catch(() => {});
    await microtasks();
    limiter.release(REQUEST, undefined);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    heartbeat.end();
    await acquired;
    permits.release();
    assertEquals(limiter.held, 0, `after ${turns} turns`);
  }
});

Deno.test("heartbeat: a reservation is settled that was granted to a request that has ended", async () => {
  const budget = new Budget({ tokens: 2 });
  const first = await budget.reserve(ESTIMATE, undefined);
  const heartbeat = startEnded(() => {});
  budget.reserve(ESTIMATE, undefined, heartbeat);
  assertEquals([budget.waiting, budget.reserved.calls], [1, 1]);
  first.settle(undefined);
  assertEquals([budget.waiting, budget.reserved.calls], [0, 1]);
  heartbeat.end();
  assertEquals(budget.reserved.calls, 0);
});

Deno.test("heartbeat: the next caller leads if the one that was to lead has ended", async () => {
  const heartbeats: Heartbeat[] = [];
  const { start: original } = Heartbeat;
  Heartbeat.start = (onGone) => {
    const heartbeat = startEnded(onGone);
    heartbeats.push(heartbeat);
    return heartbeat;
  };
  try {
    const flights = new SingleFlight();
    const signal = new AbortController().signal;
    const options = { signal, isOwnFailure: () => true };
    const never = new Promise<string>(() => {});
    flights.share("key", () => never, options);
    flights.share("key", () => never, options);
    const next = flights.share("key", () => Promise.resolve("next"), options);
    assertEquals(heartbeats.length, 3);
    heartbeats[0]!.end();
    heartbeats[1]!.end();
    assertEquals(await next, { value: "next", shared: false });
  } finally {
    Heartbeat.start = original;
  }
});
