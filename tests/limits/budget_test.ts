import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AnswerHistory } from "../../src/limits/answer_history.ts";
import { Budget } from "../../src/limits/budget.ts";
import { BudgetExhausted } from "../../src/limits/budget_exhausted.ts";
import type { AttemptEstimate } from "../../src/limits/expected_output.ts";
import type { Amount, Reservation } from "../../src/limits/reservation.ts";
import { budget, type BudgetOptions } from "../../src/model/budget.ts";

/** Runs pending microtasks. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** The estimate of an attempt of which the amount is known. */
function exactly({ cost, tokens }: Amount): AttemptEstimate {
  const history = new AnswerHistory();
  const outputCost = cost === undefined ? undefined : 0;
  return {
    inputTokens: tokens,
    likelyInput: 1,
    inputCost: cost,
    outputCost,
    maxTokens: 0,
    history,
  };
}

/** Reserves an amount that is known. */
function reserve(budget: Budget, amount: Amount, signal?: AbortSignal): Promise<Reservation> {
  return budget.reserve(exactly(amount), signal);
}

/** A caller, with its reservation or error: both `undefined` while it waits. */
function caller(
  budget: Budget,
  estimate: Amount,
  signal?: AbortSignal,
): { got: Reservation | undefined; rejected: unknown } {
  const state: { got: Reservation | undefined; rejected: unknown } = {
    got: undefined,
    rejected: undefined,
  };
  reserve(budget, estimate, signal).then((got) => state.got = got, (why) => state.rejected = why);
  return state;
}

function exhausted(budget: Budget, estimate: Amount): Promise<BudgetExhausted> {
  return assertRejects(() => reserve(budget, estimate), BudgetExhausted);
}

/** Counts the listeners of a signal. */
function listeners(signal: AbortSignal): () => number {
  const all = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (type: "abort", fn: () => void) => (all.add(fn), add(type, fn)),
    removeEventListener: (type: "abort", fn: () => void) => (all.delete(fn), remove(type, fn)),
  });
  return () => all.size;
}

Deno.test("budget option: requires at least one limit, and valid numbers", () => {
  const check = (value: unknown) => budget("run the batch", "budget", value);
  for (const good of [{ cost: 0 }, { cost: 0.5 }, { tokens: 10, calls: undefined }, { calls: 0 }]) {
    check(good);
  }
  const shape = "Cannot run the batch as budget must be an object with at least one of cost, " +
    "tokens and calls: current value is ";
  for (const [bad, shown] of [[0.5, "0.5"], [null, "null"], [[], "an array"], [{}, "an object"]]) {
    assertThrows(() => check(bad), TypeError, shape + shown);
  }
  assertThrows(() => check({ cost: undefined }), TypeError, shape + "an object");
  assertThrows(
    () => check({ cost: -1 }),
    RangeError,
    "Cannot run the batch: budget as cost must be a number of US dollars, 0 or more: " +
      "current value is -1",
  );
  for (const name of ["tokens", "calls"]) {
    for (const bad of [1.5, -1, NaN, Infinity]) {
      assertThrows(() => check({ [name]: bad }), RangeError, `${name} must be a whole number`);
    }
    assertThrows(() => check({ [name]: "5" }), TypeError, `${name} must be a whole number`);
  }
  assertThrows(() => check({ dollars: 1 }), TypeError, 'there is no option "dollars"');
});

Deno.test("budget: settled amounts are spent, reserved ones are not left", async () => {
  const budget = new Budget({ cost: 1, tokens: 1_000, calls: 10 });
  const one = await reserve(budget, { cost: 0.25, tokens: 100 });
  assertEquals(budget.spent, { cost: 0, tokens: 0, calls: 0 });
  assertEquals(budget.reserved, { cost: 0.25, tokens: 100, calls: 1 });
  assertEquals(budget.left, { cost: 0.75, tokens: 900, calls: 9 });
  one.settle({ cost: 0.125, tokens: 70 });
  one.settle({ cost: 0.125, tokens: 70 }); // only the first counts
  assertEquals(budget.spent, { cost: 0.125, tokens: 70, calls: 1 });
  assertEquals(budget.left, { cost: 0.875, tokens: 930, calls: 9 });
  const two = await reserve(budget, { cost: 0.25, tokens: 100 });
  two.settle(undefined); // nothing was sent
  assertEquals(budget.spent, { cost: 0.125, tokens: 70, calls: 1 });
  assertEquals(budget.reserved, { cost: 0, tokens: 0, calls: 0 });
  assertEquals(new Budget({ calls: 1 }).left, { cost: Infinity, tokens: Infinity, calls: 1 });
});

Deno.test("budget: the error says what is spent when too little is left", async () => {
  const table: [BudgetOptions, Amount, Amount, string][] = [
    [
      { cost: 0.5 },
      { cost: 0.4981, tokens: 1 },
      { cost: 0.003, tokens: 1 },
      "the budget of 0.5 US dollars is spent: 0.4981 are used and this would take about 0.003",
    ],
    [
      { tokens: 1_000, calls: 5 },
      { tokens: 990 },
      { tokens: 20 },
      "the budget of 1000 tokens is spent: 990 are used and this would take about 20",
    ],
    [
      { tokens: 1_000, calls: 1 },
      { tokens: 9 },
      { tokens: 2 },
      "the budget of 1 calls is spent: 1 are used and this would take about 1",
    ],
  ];
  for (const [options, first, second, message] of table) {
    const budget = new Budget(options);
    (await reserve(budget, first)).settle(first);
    const error = await exhausted(budget, second);
    assertEquals(error.message, message);
    assertEquals(error.name, "BudgetExhausted");
    assert(error.limit in options);
  }
});

Deno.test("budget: a budget of 0 admits nothing, not even an estimate of 0", async () => {
  for (const options of [{ cost: 0 }, { tokens: 0 }, { calls: 0 }]) {
    await exhausted(new Budget(options), { cost: 0, tokens: 0 });
  }
});

Deno.test("budget: rejects an estimate above the total at once", async () => {
  await exhausted(new Budget({ tokens: 10 }), { tokens: 11 });
  const budget = new Budget({ tokens: 10 });
  // Even while others are in flight and waiting.
  const one = caller(budget, { tokens: 8 });
  const two = caller(budget, { tokens: 8 });
  await exhausted(budget, { tokens: 11 });
  await microtasks();
  assertEquals([one.got !== undefined, two.got, budget.waiting], [true, undefined, 1]);
});

Deno.test("budget: three times 0.1 fits into 0.3, and cancelling leaves no rest", async () => {
  const budget = new Budget({ cost: 0.3 });
  const estimate = { cost: 0.1, tokens: 1 };
  const all = await Promise.all([1, 2, 3].map(() => reserve(budget, estimate)));
  assertEquals(budget.left.cost, 0);
  for (const reservation of all) reservation.settle(undefined);
  assertEquals(budget.left.cost, 0.3);
  for (let n = 0; n < 3; n++) (await reserve(budget, estimate)).settle(estimate);
  assertEquals([budget.spent.cost, budget.left.cost], [0.3, 0]);
  await exhausted(budget, { cost: 1e-9, tokens: 1 });
});

Deno.test("budget: waits for reservations of others: first come, first served", async () => {
  const budget = new Budget({ tokens: 10 });
  const holder = await reserve(budget, { tokens: 6 });
  const large = caller(budget, { tokens: 5 });
  const small = caller(budget, { tokens: 1 }); // fits, but came later
  await microtasks();
  assertEquals([large.got, small.got, budget.waiting], [undefined, undefined, 2]);
  holder.settle({ tokens: 4 });
  await microtasks();
  assertEquals([budget.waiting, budget.spent.tokens, budget.reserved.tokens], [0, 4, 6]);
  large.got!.settle(undefined);
  small.got!.settle({ tokens: 1 });
  assertEquals(budget.spent, { cost: 0, tokens: 5, calls: 2 });
});

Deno.test("budget: when the first cannot fit any more, the next ones are served", async () => {
  const budget = new Budget({ tokens: 10 });
  const holder = await reserve(budget, { tokens: 6 });
  const large = caller(budget, { tokens: 7 });
  const larger = caller(budget, { tokens: 8 });
  const small = caller(budget, { tokens: 4 });
  holder.settle({ tokens: 5 });
  await microtasks();
  assertInstanceOf(large.rejected, BudgetExhausted);
  assertInstanceOf(larger.rejected, BudgetExhausted);
  assert(small.got !== undefined);
  small.got.settle({ tokens: 4 });
  assertEquals(budget.left.tokens, 1);
});

Deno.test("budget: calls that are not billed leave room for others", async () => {
  const budget = new Budget({ calls: 1 });
  const one = await reserve(budget, { tokens: 0 });
  const [two, three] = [caller(budget, { tokens: 0 }), caller(budget, { tokens: 0 })];
  one.settle(undefined);
  await microtasks();
  assert(two.got !== undefined && three.got === undefined && three.rejected === undefined);
  two.got.settle({ tokens: 5 });
  await microtasks();
  assertInstanceOf(three.rejected, BudgetExhausted);
  assertEquals(budget.spent, { cost: 0, tokens: 5, calls: 1 });
});

Deno.test("budget: after an overspent estimate, nothing more is admitted", async () => {
  const budget = new Budget({ cost: 1 });
  const one = await reserve(budget, { cost: 0.5, tokens: 1 });
  const two = await reserve(budget, { cost: 0.5, tokens: 1 });
  const waiting = caller(budget, { cost: 0.01, tokens: 1 });
  one.settle({ cost: 2, tokens: 1 });
  await microtasks();
  assertInstanceOf(waiting.rejected, BudgetExhausted);
  two.settle({ cost: 0.25, tokens: 1 });
  assertEquals([budget.spent.cost, budget.left.cost], [2.25, 0]);
  await exhausted(budget, { cost: 0, tokens: 0 });
});

Deno.test("budget: an unknown cost is rejected, or counts as estimated", async () => {
  const budget = new Budget({ cost: 1 });
  assertEquals([budget.countsCost, new Budget({ calls: 1 }).countsCost], [true, false]);
  for (const cost of [undefined, NaN, -1, Infinity]) {
    await assertRejects(
      () => reserve(budget, { cost, tokens: 1 }),
      TypeError,
      "pass `prices`",
    );
  }
  assertEquals(budget.reserved.calls, 0);
  for (const cost of [undefined, NaN, -1]) {
    (await reserve(budget, { cost: 0.25, tokens: 1 })).settle({ cost, tokens: NaN });
  }
  assertEquals(budget.spent, { cost: 0.75, tokens: 3, calls: 3 });
  // If the cost is not limited, known costs are counted all the same.
  const calls = new Budget({ calls: 2 });
  (await reserve(calls, { tokens: 1 })).settle({ tokens: 1 });
  (await reserve(calls, { tokens: 1 })).settle({ cost: 0.5, tokens: 1 });
  assertEquals(calls.spent, { cost: 0.5, tokens: 2, calls: 2 });
});

Deno.test("budget: an abort removes a waiter from any position", async () => {
  for (const leaver of [0, 1, 2]) {
    const budget = new Budget({ tokens: 10 });
    const holder = await reserve(budget, { tokens: 10 });
    const controllers = [0, 1, 2].map(() => new AbortController());
    const counts = controllers.map(({ signal }) => listeners(signal));
    const all = controllers.map(({ signal }) => caller(budget, { tokens: 5 }, signal));
    controllers[leaver]!.abort("out");
    await microtasks();
    assertEquals([all[leaver]!.rejected, budget.waiting], ["out", 2]);
    holder.settle({ tokens: 0 });
    await microtasks();
    for (const [n, { got }] of all.entries()) {
      assertEquals(got !== undefined, n !== leaver);
      got?.settle({ tokens: 5 });
    }
    assertEquals([budget.spent.tokens, budget.reserved.calls], [10, 0]);
    assertEquals(counts.map((count) => count()), [0, 0, 0]);
  }
});

Deno.test("budget: when the first waiter aborts, a smaller one is admitted", async () => {
  const budget = new Budget({ tokens: 10 });
  const holder = await reserve(budget, { tokens: 6 });
  const controller = new AbortController();
  caller(budget, { tokens: 5 }, controller.signal);
  const small = caller(budget, { tokens: 4 });
  controller.abort();
  await microtasks();
  assert(small.got !== undefined);
  small.got.settle(undefined);
  holder.settle(undefined);
});

Deno.test("budget: a shared abort admits no waiter, even if one settles meanwhile", async () => {
  for (const early of [true, false]) {
    const budget = new Budget({ tokens: 10 });
    const holder = await reserve(budget, { tokens: 8 });
    const controller = new AbortController();
    if (early) controller.signal.addEventListener("abort", () => holder.settle(undefined));
    const all = [9, 1, 1].map((tokens) => caller(budget, { tokens }, controller.signal));
    if (!early) controller.signal.addEventListener("abort", () => holder.settle(undefined));
    controller.abort("bye");
    await microtasks();
    assertEquals(all.map(({ rejected }) => rejected), ["bye", "bye", "bye"]);
    assertEquals([budget.waiting, budget.reserved.calls], [0, 0]);
    assertEquals(await reserve(budget, { tokens: 1 }, controller.signal).catch((w) => w), "bye");
  }
});

const tokensOf = fc.integer({ min: 0, max: 100 });
const someone = fc.record({
  cost: fc.integer({ min: 0, max: 10_000 }).map((n) => n / 1e6),
  tokens: tokensOf,
  /** The share of its estimate that it spends; `null` if it is never sent. */
  part: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 8 }),
  /** How many turns it is in flight. */
  turns: fc.nat(20),
  abortAt: fc.option(fc.nat(200)),
});
const limitsOf = fc.record({
  cost: fc.integer({ min: 0, max: 400_000 }).map((n) => n / 1e6),
  tokens: fc.nat(5_000),
  calls: fc.nat(120),
}, { requiredKeys: [] });

Deno.test("budget: 1,000 callers at once never overspend, and all are served", async () => {
  const callers = fc.array(someone, { minLength: 50, maxLength: 1_000, size: "max" });
  await fc.assert(
    fc.asyncProperty(limitsOf, callers, async (limits, callers) => {
      const budget = new Budget(limits);
      const within = () => {
        for (const limit of ["cost", "tokens", "calls"] as const) {
          const sum = budget.spent[limit] + budget.reserved[limit];
          assert(sum <= (limits[limit] ?? Infinity) * (1 + 1e-12), `${sum} ${limit}`);
        }
      };
      let [cost, tokens, calls] = [0, 0, 0];
      let answered = 0;
      const controllers = callers.map(() => new AbortController());
      const all = callers.map(async ({ part, turns, ...estimate }, n) => {
        try {
          const reservation = await reserve(budget, estimate, controllers[n]!.signal);
          within();
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          if (part === null) return reservation.settle(undefined);
          const actual = { cost: estimate.cost * part, tokens: Math.floor(estimate.tokens * part) };
          cost += actual.cost;
          tokens += actual.tokens;
          calls++;
          reservation.settle(actual);
        } catch (error) {
          assert(error instanceof BudgetExhausted || controllers[n]!.signal.aborted, `${error}`);
        } finally {
          answered++;
          within();
        }
      });
      for (let turn = 0; turn < 30_000 && answered < callers.length; turn++) {
        for (const [n, { abortAt }] of callers.entries()) {
          if (abortAt === turn) controllers[n]!.abort();
          if (turn > 200) break;
        }
        await Promise.resolve();
      }
      // A caller that is never served shows here.
      assertEquals(answered, callers.length);
      await Promise.all(all);
      assertEquals([budget.waiting, budget.reserved.calls, budget.reserved.cost], [0, 0, 0]);
      assertEquals([budget.spent.tokens, budget.spent.calls], [tokens, calls]);
      assert(Math.abs(budget.spent.cost - cost) < 1e-9);
    }),
    { numRuns: 30 },
  );
});

Deno.test("budget: with exact estimates, no caller that fits is rejected", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(300),
      fc.array(tokensOf, { maxLength: 60, size: "max" }),
      async (limit, needs) => {
        const budget = new Budget({ tokens: limit, calls: 1_000 });
        const all = needs.map((tokens) => caller(budget, { tokens }));
        // Each reservation settles at once with its estimate, so the model is a simple loop.
        for (let turn = 0; turn < needs.length + 1; turn++) {
          await microtasks();
          for (const [n, { got }] of all.entries()) got?.settle({ tokens: needs[n]! });
        }
        let spent = 0;
        for (const [n, { got, rejected }] of all.entries()) {
          assertEquals(got === undefined, rejected !== undefined);
          // A rejected caller did not fit beside the final sum.
          if (got !== undefined) spent += needs[n]!;
        }
        for (const [n, { got }] of all.entries()) {
          if (got === undefined) assert(spent >= limit || spent + needs[n]! > limit);
        }
        assertEquals(budget.spent.tokens, spent);
      },
    ),
  );
});

Deno.test("budget: 100,000 waiters leave at once with one signal", async () => {
  const budget = new Budget({ calls: 1 });
  const holder = await reserve(budget, { tokens: 0 });
  const controller = new AbortController();
  const count = listeners(controller.signal);
  let out = 0;
  for (let n = 0; n < 100_000; n++) {
    reserve(budget, { tokens: 1 }, controller.signal).catch(() => out++);
  }
  assertEquals([budget.waiting, count()], [100_000, 1]);
  controller.abort();
  await microtasks();
  assertEquals([budget.waiting, out, count()], [0, 100_000, 0]);
  holder.settle(undefined);
});

Deno.test("budget: an attempt of which nothing is known is admitted alone", async () => {
  const history = new AnswerHistory();
  const unknown = { inputTokens: 10, likelyInput: 1, history };
  const budget = new Budget({ tokens: 1_000 });
  const one = budget.tryReserve(unknown, 0)!;
  assertEquals(budget.tryReserve(unknown, 0), undefined);
  const two = budget.reserve(unknown, undefined);
  history.add(90, 100);
  one.settle({ tokens: 100 });
  (await two).settle({ tokens: 100 });
  // Now that one answer is known, several are admitted.
  const all = [1, 2, 3].map(() => budget.tryReserve(unknown, performance.now()));
  assert(all.every((reservation) => reservation !== undefined));
  for (const reservation of all) reservation!.settle({ tokens: 100 });
  assertEquals(budget.spent, { cost: 0, tokens: 500, calls: 5 });
});

Deno.test("budget: an attempt that takes long reserves more", () => {
  const history = new AnswerHistory();
  history.add(100, 300);
  history.add(2_000, 5_000);
  const attempt = { inputTokens: 0, likelyInput: 1, history };
  const budget = new Budget({ tokens: 100_000 });
  const one = budget.tryReserve(attempt, 0)!;
  const first = budget.reserved.tokens;
  const two = budget.tryReserve(attempt, 600)!;
  two.settle(undefined);
  assert(budget.reserved.tokens >= first);
  // No answer took as long, so nothing is known of this one.
  budget.tryReserve(attempt, 20_000)!.settle(undefined);
  assertEquals(budget.reserved.tokens, 16_384);
  one.settle({ tokens: 1 });
  assertEquals(budget.reserved, { cost: 0, tokens: 0, calls: 0 });
});

Deno.test("budget: new limits keep what is spent, and admit waiters", async () => {
  const budget = new Budget({ calls: 1 });
  const one = await reserve(budget, { tokens: 1 });
  const two = caller(budget, { tokens: 1 });
  await microtasks();
  assertEquals(two.got, undefined);
  budget.setLimits({ calls: 2 });
  await microtasks();
  assert(two.got !== undefined);
  one.settle({ tokens: 1 });
  two.got.settle({ tokens: 1 });
  budget.setLimits({ calls: 1 });
  assert((await exhausted(budget, { tokens: 1 })).isOf(budget));
  assertEquals([budget.spent.calls, budget.left.calls], [2, 0]);
});
