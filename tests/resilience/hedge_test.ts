import { delay } from "@std/async/delay";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkOptions } from "../../src/model/check_options.ts";
import {
  type HedgedOptions,
  type HedgeHooks,
  OTHER_WAS_FASTER,
  runHedged,
} from "../../src/resilience/hedge.ts";
import { hedge, type HedgeOptions } from "../../src/resilience/hedge_options.ts";
import { Latencies } from "../../src/resilience/latencies.ts";
import { countedSignal, fakeTime } from "../helpers.ts";

/** The steps of an attempt, in milliseconds, one after another. An absent step takes no time. */
interface Plan {
  /** Waits for its permits. */
  permit?: number;
  /** Is in flight. */
  wire: number;
  /** Receives its first delta, counted from when it was sent. */
  delta?: number;
  /** Reads the answer. */
  read?: number;
  /** Fails in flight. */
  fails?: boolean;
  /** Fails while it waits for its permits, and is never sent. */
  unsent?: boolean;
}
const FAILED = [new Error("the first failed"), new Error("the second failed")] as const;

/** Runs the first plan, and the second one as its duplicate, and records the events and times. */
function race(plans: readonly Plan[], options: Partial<HedgedOptions> = {}) {
  const began = performance.now();
  const log: string[] = [];
  const signals: AbortSignal[] = [];
  const note = (what: string) => log.push(`${performance.now() - began} ${what}`);
  const attempt = async ({ signal, duplicate, sent, ended, first }: HedgeHooks) => {
    const name = duplicate ? "second" : "first";
    const plan = plans[signals.push(signal) - 1]!;
    const pass = (ms = 0) => ms > 0 ? delay(ms, { signal }) : Promise.resolve();
    note(`${name} begins`);
    try {
      await pass(plan.permit);
      if (plan.unsent) throw FAILED[signals.length - 1];
      sent();
      note(`${name} sent`);
      try {
        if (plan.delta !== undefined) {
          await pass(plan.delta);
          note(`${name} ${first() ? "may" : "must not"} emit`);
        }
        await pass(plan.wire - (plan.delta ?? 0));
        if (plan.fails) throw FAILED[duplicate ? 1 : 0];
      } finally {
        ended();
      }
      await pass(plan.read);
      note(`${name} answers`);
      return name;
    } catch (error) {
      note(`${name} ${signal.aborted ? "aborted" : "fails"}`);
      throw error;
    }
  };
  const settled = runHedged(attempt, { hedge: { after: 100 }, signal: undefined, ...options }).then(
    (value) => (note("over"), { value }),
    (error: unknown) => (note("over"), { error }),
  );
  return { settled, log, signals };
}

Deno.test("runHedged: counts the delay from when the first request was sent", async () => {
  using time = fakeTime();
  const { settled, log } = race([{ permit: 5_000, wire: 1_000 }, { wire: 50 }]);
  await time.tick(10_000);
  assertEquals(await settled, { value: "second" });
  assertEquals(log, [
    "0 first begins",
    "5000 first sent",
    "5100 second begins",
    "5100 second sent",
    "5150 second answers",
    "5150 first aborted",
    "5150 over",
  ]);
});

Deno.test("runHedged: sends no duplicate of an attempt in time or never sent", async () => {
  using time = fakeTime();
  const plans: [Plan, end: string, outcome: object][] = [
    [{ wire: 99 }, "99 first answers", { value: "first" }],
    [{ wire: 99, read: 1_000 }, "1099 first answers", { value: "first" }],
    [{ wire: 99, fails: true }, "99 first fails", { error: FAILED[0] }],
    [{ permit: 5_000, wire: 10, unsent: true }, "5000 first fails", { error: FAILED[0] }],
  ];
  for (const [plan, end, outcome] of plans) {
    const { settled, log, signals } = race([plan]);
    await time.tick(10_000);
    assertEquals(await settled, outcome);
    assertEquals([log.at(-2), signals.length, signals[0]!.aborted], [end, 1, false]);
  }
});

Deno.test("runHedged: the first success wins and aborts the other attempt", async () => {
  using time = fakeTime();
  const one = race([{ wire: 300 }, { wire: 250 }]);
  const two = race([{ wire: 300 }, { wire: 150 }]);
  await time.tick(1_000);
  assertEquals([await one.settled, await two.settled], [{ value: "first" }, { value: "second" }]);
  assertEquals(one.log.slice(-3), ["300 first answers", "300 second aborted", "300 over"]);
  assertEquals(two.log.slice(-3), ["250 second answers", "250 first aborted", "250 over"]);
  assertEquals(one.signals.map((s) => s.aborted), [false, true]);
  assertEquals(two.signals.map((s) => s.aborted), [true, false]);
  for (const { reason } of [one.signals[1]!, two.signals[0]!]) {
    assertStrictEquals(reason, OTHER_WAS_FASTER);
    assert(reason instanceof DOMException);
    assertEquals([reason.name, reason.message], ["AbortError", "Another attempt was faster"]);
  }
});

Deno.test("runHedged: settles once the loser has ended", async () => {
  using time = fakeTime();
  const log: string[] = [];
  const settled = runHedged(async ({ duplicate, signal, sent }) => {
    sent();
    if (duplicate) return "second";
    await delay(10_000, { signal }).catch(() => delay(70));
    log.push("let go");
    throw signal.reason;
  }, { hedge: { after: 100 }, signal: undefined }).then((value) => log.push(value));
  await time.tick(100);
  assertEquals(log, []);
  await time.tick(70);
  await settled;
  assertEquals(log, ["let go", "second"]);
});

Deno.test("runHedged: ignores an answer of an aborted attempt", async () => {
  using time = fakeTime();
  const settled = runHedged(async ({ duplicate, sent }) => {
    sent();
    await delay(duplicate ? 50 : 200);
    return duplicate;
  }, { hedge: { after: 100 }, signal: undefined });
  await time.tick(1_000);
  assertEquals(await settled, true);
});

Deno.test("runHedged: returns falsy values as answers", async () => {
  for (const value of [undefined, null, 0, false, ""]) {
    const options = { hedge: { after: 100 }, signal: undefined };
    assertStrictEquals(await runHedged(() => Promise.resolve(value), options), value);
  }
});

Deno.test("runHedged: aborts a waiting duplicate when the first answers", async () => {
  using time = fakeTime();
  const { settled, log, signals } = race([{ wire: 300, read: 40 }, { permit: 1_000, wire: 50 }]);
  await time.tick(5_000);
  assertEquals(await settled, { value: "first" });
  assertEquals(log, [
    "0 first begins",
    "0 first sent",
    "100 second begins",
    "300 second aborted",
    "340 first answers",
    "340 over",
  ]);
  const { name, message } = signals[1]!.reason;
  assertEquals([name, message], ["AbortError", "The attempt ended before its duplicate was sent"]);
});

Deno.test("runHedged: the permit of the first does not send the duplicate", async () => {
  using time = fakeTime();
  for (const fails of [false, true]) {
    const permit = Promise.withResolvers<void>();
    const log: string[] = [];
    const settled = runHedged(async ({ duplicate, sent, ended }) => {
      if (duplicate) await permit.promise;
      sent();
      log.push(duplicate ? "second sent" : "first sent");
      await delay(300);
      ended();
      // The permit passes to the next waiter here, before the answer has been read.
      permit.resolve();
      for (let i = 0; i < 100; i++) await Promise.resolve();
      if (fails) throw FAILED[0];
      return "first";
    }, { hedge: { after: 100 }, signal: undefined }).catch((error) => error);
    await time.tick(1_000);
    assertStrictEquals(await settled, fails ? FAILED[0] : "first");
    assertEquals(log, ["first sent"]);
  }
});

Deno.test("runHedged: ignores a duplicate that fails or cannot be sent", async () => {
  using time = fakeTime();
  for (const plan of [{ wire: 0, unsent: true }, { wire: 50, fails: true }]) {
    const { settled, signals } = race([{ wire: 300 }, plan]);
    await time.tick(1_000);
    assertEquals(await settled, { value: "first" });
    assertEquals(signals.map((s) => s.aborted), [false, false]);
  }
  const settled = runHedged(({ duplicate, sent }) => {
    if (duplicate) throw new Error("not even a promise");
    sent();
    return delay(300).then(() => "first");
  }, { hedge: { after: 100 }, signal: undefined });
  await time.tick(1_000);
  assertEquals(await settled, "first");
});

Deno.test("runHedged: sends one duplicate at most, even if it fails", async () => {
  using time = fakeTime();
  const { settled, signals } = race([{ wire: 5_000 }, { wire: 50, fails: true }]);
  await time.tick(10_000);
  assertEquals([await settled, signals.length], [{ value: "first" }, 2]);
});

Deno.test("runHedged: a duplicate in flight may win after the first attempt failed", async () => {
  using time = fakeTime();
  const { settled, log, signals } = race([{ wire: 200, fails: true }, { wire: 500 }]);
  await time.tick(1_000);
  assertEquals(await settled, { value: "second" });
  assertEquals(log.slice(-3), ["200 first fails", "600 second answers", "600 over"]);
  assertEquals(signals.map((s) => s.aborted), [false, false]);
});

Deno.test("runHedged: throws the error of the first attempt if both fail", async () => {
  using time = fakeTime();
  for (const wire of [150, 800]) {
    const { settled, log } = race([{ wire: 300, fails: true }, { wire, fails: true }]);
    await time.tick(2_000);
    assertEquals(await settled, { error: FAILED[0] });
    assertEquals(log.at(-1), `${Math.max(300, 100 + wire)} over`);
  }
});

Deno.test("runHedged: fails at once if the first fails before a duplicate is sent", async () => {
  using time = fakeTime();
  const { settled, log } = race([{ wire: 200, fails: true }, { permit: 500, wire: 50 }]);
  await time.tick(1_000);
  assertEquals(await settled, { error: FAILED[0] });
  assertEquals(log.slice(-3), ["200 first fails", "200 second aborted", "200 over"]);
});

Deno.test("runHedged: the first delta decides, and only the winner emits", async () => {
  using time = fakeTime();
  const early = race([{ delta: 50, wire: 5_000 }]);
  const first = race([{ delta: 300, wire: 900 }, { delta: 250, wire: 300 }]);
  const second = race([{ delta: 300, wire: 310 }, { delta: 150, wire: 900 }]);
  const waiting = race([{ delta: 300, wire: 900 }, { permit: 600, wire: 10 }]);
  await time.tick(10_000);
  assertEquals((await early.settled, early.signals.length), 1);
  assertEquals(await first.settled, { value: "first" });
  assertEquals(first.log.slice(-4), [
    "300 first may emit",
    "300 second aborted",
    "900 first answers",
    "900 over",
  ]);
  assertEquals(await second.settled, { value: "second" });
  assertEquals(second.log.slice(-4), [
    "250 second may emit",
    "250 first aborted",
    "1000 second answers",
    "1000 over",
  ]);
  assertEquals(await waiting.settled, { value: "first" });
  assertEquals(waiting.log[3], "300 first may emit");
  assertEquals(waiting.log[4], "300 second aborted");
});

Deno.test("runHedged: the loser may not emit, even if it ignores its signal", async () => {
  using time = fakeTime();
  const mayEmit: unknown[] = [];
  const settled = runHedged(async ({ duplicate, sent, first }) => {
    sent();
    await delay(duplicate ? 50 : 200);
    for (let i = 0; i < 3; i++) mayEmit.push([duplicate, first()]);
    await delay(100);
    mayEmit.push([duplicate, first()]);
  }, { hedge: { after: 100 }, signal: undefined });
  await time.tick(1_000);
  await settled;
  const [yes, no] = [[true, true], [false, false]];
  assertEquals(mayEmit, [yes, yes, yes, no, no, no, yes, no]);
});

Deno.test("runHedged: an attempt that emitted a delta fails with its own error", async () => {
  using time = fakeTime();
  const first = race([{ delta: 200, wire: 400, fails: true }, { wire: 450 }]);
  const second = race([{ wire: 600 }, { delta: 50, wire: 400, fails: true }]);
  await time.tick(1_000);
  assertEquals(await first.settled, { error: FAILED[0] });
  assertEquals(await second.settled, { error: FAILED[1] });
  assertEquals(first.log.slice(-3), ["200 second aborted", "400 first fails", "400 over"]);
  assertEquals(second.log.slice(-3), ["150 first aborted", "500 second fails", "500 over"]);
});

Deno.test("runHedged: an abort of the parent ends both attempts with its reason", async () => {
  using time = fakeTime();
  for (const reason of [new Error("enough"), undefined, "bye"]) {
    for (const [at, begun] of [[50, 1], [150, 2], [250, 2]] as const) {
      const { controller, signal, listeners } = countedSignal();
      const { settled, log, signals } = race([{ wire: 500 }, { permit: 100, wire: 500 }], {
        signal,
      });
      await time.tick(at);
      assertEquals(listeners.size, 1);
      controller.abort(reason);
      assertStrictEquals((await settled as { error: unknown }).error, signal.reason);
      assertEquals([signals.length, log.at(-1), listeners.size], [begun, `${at} over`, 0]);
      for (const child of signals) assertStrictEquals(child.reason, signal.reason);
      const before = log.length;
      await time.tick(10_000);
      assertEquals(log.length, before, "nothing fires afterwards");
    }
  }
});

Deno.test("runHedged: rejects with the abort reason even after a failure", async () => {
  using time = fakeTime();
  const controller = new AbortController();
  const { settled } = race([{ wire: 200, fails: true }, { wire: 500 }], {
    signal: controller.signal,
  });
  await time.tick(300);
  controller.abort("bye");
  assertEquals(await settled, { error: "bye" });
});

Deno.test("runHedged: sends no duplicate after an abort of the parent", async () => {
  using time = fakeTime();
  const controller = new AbortController();
  let begun = 0;
  const settled = runHedged(async ({ sent, signal }) => {
    begun++;
    sent();
    await delay(500, { signal }).catch(() => delay(500));
    throw new Error("late");
  }, { hedge: { after: 100 }, signal: controller.signal }).catch((error) => error);
  await time.tick(50);
  controller.abort("bye");
  await time.tick(1_000);
  assertEquals([await settled, begun], ["bye", 1]);
});

Deno.test("runHedged: starts or sends nothing once the signal has aborted", async () => {
  const { settled, signals } = race([{ wire: 1 }], { signal: AbortSignal.abort("bye") });
  assertEquals([await settled, signals.length], [{ error: "bye" }, 0]);

  const controller = new AbortController();
  let sentAt = 0;
  const late = runHedged(async ({ sent }) => {
    await Promise.resolve();
    controller.abort("bye");
    sent();
    sentAt++;
  }, { hedge: { after: 1 }, signal: controller.signal }).catch((error) => error);
  assertEquals([await late, sentAt], ["bye", 0]);
});

Deno.test("runHedged: leaves no timer and no listener on any exit", async () => {
  // Real time: the sanitizers of Deno look for timers that are left.
  const { signal, listeners } = countedSignal();
  const kinds: [first: Plan, second?: Plan][] = [
    [{ wire: 0 }],
    [{ wire: 0, fails: true }],
    [{ wire: 0, unsent: true }],
    [{ wire: 1, delta: 0 }],
    [{ wire: 5_000 }, { wire: 0 }],
    [{ wire: 5_000 }, { wire: 3, delta: 1 }],
    [{ wire: 20 }, { permit: 5_000, wire: 0 }],
    [{ wire: 20, fails: true }, { permit: 5_000, wire: 0 }],
    [{ wire: 20 }, { wire: 5_000 }],
    [{ wire: 20, fails: true }, { wire: 30, fails: true }],
  ];
  for (const plans of kinds) {
    const after = plans.length === 1 ? 1e12 : 2;
    await race(plans as Plan[], { signal, hedge: { after } }).settled;
    assertEquals(listeners.size, 0);
  }
});

Deno.test("runHedged: a delay above the maximum timer delay does not fire at once", async () => {
  // Real time: fake timers have no maximum delay.
  const { settled, signals } = race([{ wire: 20 }, { wire: 0 }], { hedge: { after: 1e12 } });
  assertEquals([await settled, signals.length], [{ value: "first" }, 1]);
});

Deno.test("runHedged: an attempt that does not call ended ends when it settles", async () => {
  // Real time: the sanitizers of Deno look for timers that are left.
  const settled = runHedged(({ sent }) => {
    sent();
    return Promise.reject(FAILED[0]);
  }, { hedge: { after: 5_000 }, signal: undefined });
  assertStrictEquals(await settled.catch((error) => error), FAILED[0]);
});

Deno.test("runHedged: ignores an answer after an abort of the parent", async () => {
  using time = fakeTime();
  const controller = new AbortController();
  const settled = runHedged(async ({ sent }) => {
    sent();
    await delay(50);
    return "late";
  }, { hedge: { after: 100 }, signal: controller.signal }).catch((reason) => reason);
  controller.abort("bye");
  await time.tick(50);
  assertEquals(await settled, "bye");
});

Deno.test("runHedged: ignores calls of an attempt that has settled", async () => {
  using time = fakeTime();
  const options = { hedge: { after: 100 }, signal: undefined };
  let all: HedgeHooks[] = [];
  const value = await runHedged((hooks) => {
    all.push(hooks);
    return Promise.resolve("ok");
  }, options);
  all[0]!.sent();
  await time.tick(1_000);
  assertEquals([value, all.length], ["ok", 1]);

  for (const firstFails of [true, false]) {
    all = [];
    const settled = runHedged(async (hooks) => {
      all.push(hooks);
      hooks.sent();
      hooks.sent(); // further calls are ignored
      const fails = hooks.duplicate !== firstFails;
      await delay(fails ? 110 : 500);
      if (fails) throw FAILED[0];
      return hooks.duplicate;
    }, options);
    await time.tick(300);
    const [over, alive] = firstFails ? [all[0]!, all[1]!] : [all[1]!, all[0]!];
    assertEquals([over.first(), alive.first(), over.first()], [false, true, false]);
    await time.tick(1_000);
    assertEquals([await settled, all.length], [firstFails, 2]);
  }
});

/** Runs an attempt of this length after a window of these latencies. */
function windowOf(...values: number[]): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  return latencies;
}
const twenty = Array.from({ length: 20 }, (_, i) => 10 * (i + 1));

Deno.test("runHedged: sends a duplicate of an attempt slower than the percentile", async () => {
  using time = fakeTime();
  const cases: [percentile: number, values: number[], sent: string | undefined][] = [
    [95, twenty.slice(1), undefined], // fewer than 20
    [95, twenty, "201"],
    [50, twenty, "111"],
    [95, twenty.map(() => 77.3), "78"],
  ];
  for (const [percentile, values, sent] of cases) {
    const latencies = windowOf(...values);
    const { settled, log } = race([{ wire: 300 }, { wire: 300 }], {
      hedge: { percentile },
      latencies,
    });
    await time.tick(1_000);
    assertEquals(await settled, { value: "first" });
    assertEquals(log.find((line) => line.endsWith("second sent"))?.split(" ")[0], sent);
  }
});

Deno.test("runHedged: sends no duplicate if all answers take the same time", async () => {
  using time = fakeTime();
  const latencies = new Latencies();
  let sent = 0;
  for (let i = 0; i < 50; i++) {
    const { settled, signals } = race([{ wire: 40 }, { wire: 40 }], {
      hedge: { percentile: 95 },
      latencies,
    });
    await time.tick(100);
    await settled;
    sent += signals.length;
  }
  assertEquals(sent, 50);
});

Deno.test("runHedged: records latencies from when the first was sent", async () => {
  using time = fakeTime();
  const cases: [plans: Plan[], learned: number | undefined][] = [
    [[{ permit: 900, wire: 150, read: 30 }], 150],
    [[{ wire: 400 }, { wire: 50, read: 20 }], 251],
    [[{ wire: 400 }, { permit: 20, wire: 50 }], 271],
    [[{ delta: 30, wire: 400 }], 30],
    [[{ wire: 400 }, { delta: 30, wire: 400 }], 231],
    // An early failure is not recorded; a late one is.
    [[{ wire: 150, fails: true }], undefined],
    [[{ wire: 150, unsent: true }], undefined],
    [[{ wire: 400, fails: true }, { wire: 100, fails: true }], 400],
    [[{ wire: 400, fails: true }, { wire: 0, unsent: true }], 400],
    [[{ delta: 30, wire: 400, fails: true }], 30],
  ];
  for (const [plans, learned] of cases) {
    const seen: number[] = [];
    const latencies = windowOf(...twenty);
    latencies.add = (ms) => void seen.push(ms);
    const { settled } = race(plans, { hedge: { percentile: 95 }, latencies });
    await time.tick(5_000);
    await settled;
    assertEquals(seen, learned === undefined ? [] : [learned]);
  }
});

Deno.test("runHedged: a fixed delay records no latency", async () => {
  const latencies = new Latencies();
  const { settled } = race([{ wire: 0 }], { latencies });
  await settled;
  assertEquals(latencies.size, 0);
});

Deno.test("runHedged: the share of duplicates stays at the percentile", async () => {
  using time = fakeTime();
  const random = seeded(42);
  const answers = () => ({ wire: Math.ceil(100 - 500 * Math.log(1 - random())) });
  const hangs = () => ({ wire: 60_000, fails: true });
  const cases: [what: string, plans: () => Plan[]][] = [
    ["some are slow", () => [answers(), answers()]],
    ["some never answer", () => [random() < 0.04 ? hangs() : answers(), answers()]],
    ["some never answer, nor do their duplicates", () => {
      const first = random() < 0.04 ? hangs() : answers();
      return [first, first.wire === 60_000 ? hangs() : answers()];
    }],
  ];
  for (const [what, plans] of cases) {
    const latencies = new Latencies();
    let duplicates = 0;
    const calls = 2_000;
    for (let i = 0; i < calls; i++) {
      const { settled, signals } = race(plans(), { hedge: { percentile: 95 }, latencies });
      await time.tick(200_000);
      await settled;
      duplicates += signals.length - 1;
    }
    const share = duplicates / calls;
    assert(share > 0.035 && share < 0.065, `${share} of the requests had one where ${what}`);
  }
});

/** Creates a seeded generator of numbers from 0 to 1. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

/** Predicts the outcome of two plans from the times at which their steps would happen. */
function expected([one, two]: readonly [Plan, Plan], after: number, abortAt: number) {
  const never = Infinity;
  const timesOf = (plan: Plan, begins: number) => {
    const sent = plan.unsent ? never : begins + plan.permit!;
    const off = plan.unsent ? begins + plan.permit! : sent + plan.wire;
    const failed = plan.unsent || plan.fails;
    const over = failed ? off : off + plan.read!;
    const delta = plan.delta === undefined || plan.unsent ? never : sent + plan.delta;
    return { sent, off, over, failed, decides: Math.min(delta, failed ? never : over) };
  };
  const first = timesOf(one, 0);
  const begins = first.sent + after;
  const begun = begins < Math.min(first.decides, first.off, abortAt);
  const second = timesOf(two, begun ? begins : never);
  // The duplicate is sent only while the first attempt has neither ended nor emitted.
  const sent = second.sent < Math.min(first.decides, first.off, abortAt);
  const decides = sent ? second.decides : never;

  const decided = Math.min(first.decides, decides);
  const winner = decided === never || decided > abortAt ? undefined : decided;
  const secondWins = winner !== undefined && decides < first.decides;
  const won = secondWins ? second : first;
  const lost = secondWins ? first : second;
  if (winner !== undefined) {
    const aborted = won.over > abortAt;
    const loserRan = secondWins || begun;
    const loserOver = secondWins || sent ? lost.over : Math.min(lost.over, first.off);
    return {
      outcome: aborted
        ? { error: "bye" }
        : won.failed
        ? { error: FAILED[secondWins ? 1 : 0] }
        : { value: secondWins ? "second" : "first" },
      begun,
      sent,
      end: Math.min(won.over, abortAt),
      // The loser is aborted if it was running; a waiting duplicate when the first attempt ended.
      loser: loserRan && loserOver > winner ? (secondWins ? "first" : "second") : undefined,
    };
  }
  const end = Math.max(first.over, sent ? second.over : 0);
  return {
    outcome: { error: end > abortAt ? "bye" : FAILED[0] },
    begun,
    sent,
    end: Math.min(end, abortAt),
    loser: undefined,
  };
}

Deno.test("runHedged: gives the predicted outcome for any two attempts and any abort", async () => {
  // No two events coincide: times of the first attempt end in 0, of the duplicate in 1, of the
  // abort in 5.
  const tens = (max: number) => fc.integer({ min: 1, max }).map((n) => 10 * n);
  const plan: fc.Arbitrary<Plan> = fc.record({
    permit: fc.oneof(fc.constant(0), tens(20)),
    wire: tens(90),
    share: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    read: fc.constantFrom(0, 0, 0, 10, 100),
    fails: fc.boolean(),
    unsent: fc.constantFrom(false, false, false, true),
  }).map(({ share = 10, ...plan }) => {
    const delta = 10 * Math.ceil(plan.wire / 10 * share / 10);
    return delta < plan.wire ? { ...plan, delta } : plan;
  });
  const after = tens(30).map((ms) => ms + 1);
  const abort = fc.option(tens(120).map((ms) => ms + 5), { nil: Infinity });
  let hedges = 0;
  await fc.assert(
    fc.asyncProperty(plan, plan, after, abort, async (one, two, after, abortAt) => {
      using time = fakeTime();
      const { controller, signal, listeners } = countedSignal();
      const abort = abortAt === Infinity
        ? undefined
        : setTimeout(() => controller.abort("bye"), abortAt);
      const { settled, log, signals } = race([one, two], { hedge: { after }, signal });
      await time.tick(3_000);
      const { outcome, begun, sent, end, loser } = expected([one, two], after, abortAt);
      assertEquals(await settled, outcome as { error: unknown });
      assertEquals(signals.length, begun ? 2 : 1);
      assertEquals(log.some((line) => line.endsWith("second sent")), sent);
      assertEquals(log.at(-1), `${end} over`);
      if (sent) hedges++;
      const aborted = signals.map((s) => s.reason === OTHER_WAS_FASTER);
      assertEquals(
        aborted,
        ["first", "second"].slice(0, signals.length).map((name) => name === loser),
      );
      assertEquals(log.filter((line) => line.endsWith("may emit")).length < 2, true);
      assertEquals(listeners.size, 0);
      const before = log.length;
      clearTimeout(abort);
      controller.abort("too late");
      await time.tick(10_000);
      assertEquals(log.length, before);
    }),
    { numRuns: 1_000 },
  );
  assert(hedges > 100, `only ${hedges} runs had a duplicate on the wire`);
});

Deno.test("hedge: accepts after or percentile within bounds", () => {
  const check = (value: unknown) => checkOptions("do it", { hedge: value }, { hedge });
  for (
    const value of [{ after: 0.1 }, { after: 1e9 }, { percentile: 50 }, { percentile: 99.9 }]
  ) {
    check(value);
    check({ after: undefined, percentile: undefined, ...value });
  }
  const either = "hedge must be an object with either `after` or `percentile`: current value is";
  const range = "percentile must be a number from 50 to below 100: current value is";
  const ms = "after must be a positive number of milliseconds: current value is";
  const cases: [value: unknown, kind: typeof TypeError | typeof RangeError, why: string][] = [
    [{}, TypeError, `${either} an object`],
    [{ after: undefined }, TypeError, `${either} an object`],
    [100, TypeError, `${either} 100`],
    [true, TypeError, `${either} true`],
    [null, TypeError, `${either} null`],
    [[], TypeError, `${either} an array`],
    [
      { after: 1, percentile: 95 },
      TypeError,
      "hedge has both after and percentile: set one of them",
    ],
    [{ after: 0 }, RangeError, `${ms} 0`],
    [{ after: -1 }, RangeError, `${ms} -1`],
    [{ after: NaN }, RangeError, `${ms} NaN`],
    [{ after: Infinity }, RangeError, `${ms} Infinity`],
    [{ after: "9" }, TypeError, `${ms} a text`],
    [{ percentile: 0.95 }, RangeError, `${range} 0.95, did you mean 95?`],
    [{ percentile: 0.57 }, RangeError, `${range} 0.57, did you mean 57?`],
    [{ percentile: 0.999 }, RangeError, `${range} 0.999, did you mean 99.9?`],
    [{ percentile: 0.4 }, RangeError, `${range} 0.4`],
    [{ percentile: 49.9 }, RangeError, `${range} 49.9`],
    [{ percentile: 100 }, RangeError, `${range} 100`],
    [{ percentile: NaN }, RangeError, `${range} NaN`],
    [{ percentile: "95" }, TypeError, `${range} a text`],
    [{ afterms: 1 }, TypeError, 'there is no option "afterms": did you mean "after"?'],
    [{ percentil: 95 }, TypeError, 'there is no option "percentil": did you mean "percentile"?'],
  ];
  for (const [value, kind, why] of cases) {
    const error = assertThrows(() => check(value), kind);
    const inside = why.startsWith("hedge") ? "" : ": hedge";
    assertEquals([error.constructor, error.message], [kind, `Cannot do it${inside} as ${why}`]);
  }
});

Deno.test("hedge: the type allows exactly one of after and percentile", () => {
  const right: HedgeOptions[] = [{ after: 100 }, { percentile: 95 }];
  // @ts-expect-error: neither option
  right.push({});
  // @ts-expect-error: both options
  right.push({ after: 100, percentile: 95 });
  // @ts-expect-error: unknown option
  right.push({ after: 100, max: 2 });
  assertEquals(right.length, 5);
});
