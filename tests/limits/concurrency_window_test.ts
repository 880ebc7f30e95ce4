import type { ConcurrencyChange } from "@shoal/agents";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ConcurrencyWindow,
  type ConcurrencyWindowOptions,
  type Episode,
} from "../../src/limits/concurrency_window.ts";
import type { FeedbackOutcome } from "../../src/limits/feedback.ts";
import { seededRandom } from "../../src/testing/simulator/random.ts";
import { microtasks, OUTCOMES } from "./helpers.ts";

function windowOf(options: Partial<ConcurrencyWindowOptions> = {}): ConcurrencyWindow {
  return new ConcurrencyWindow({ start: 8, min: 1, max: 1_000, tolerance: 0, ...options });
}

/** A simulated server that keeps the window filled: each answer lets the next attempt start. */
class SimulatedServer {
  readonly #accepted: Episode[] = [];
  readonly #rejected: Episode[] = [];
  /** How many attempts the server accepts. */
  limit = Infinity;
  /** Whether an attempt is rejected at random. */
  rejectsAtRandom = (): boolean => false;
  now = 0;
  answered = 0;
  rejected = 0;

  constructor(readonly window: ConcurrencyWindow) {}

  fill(): number {
    const inFlight = () => this.#accepted.length + this.#rejected.length;
    while (inFlight() < this.window.concurrency) {
      const accepted = this.#accepted.length < this.limit && !this.rejectsAtRandom();
      (accepted ? this.#accepted : this.#rejected).push(this.window.markSent());
    }
    return inFlight();
  }

  /** Answers an attempt: the first rejected one, as rejections are immediate, or the oldest. */
  answer(outcome?: FeedbackOutcome): void {
    const inFlight = this.fill();
    const rejected = this.#rejected.shift();
    this.answered++;
    if (rejected !== undefined) this.rejected++;
    const actual = rejected === undefined ? "ok" : "rejected";
    // An answer takes a second.
    if (rejected === undefined) this.now += 1_000 / inFlight;
    this.window.applyOutcome(
      outcome ?? actual,
      rejected ?? this.#accepted.shift()!,
      inFlight,
      this.now,
    );
  }

  /** Answers every attempt in flight. Returns the width after that. */
  round(outcome?: FeedbackOutcome): number {
    for (let left = this.fill(); left > 0; left--) this.answer(outcome);
    return this.window.concurrency;
  }

  /** Answers until the window has this width. */
  growTo(width: number): void {
    for (let n = 0; this.window.concurrency < width; n++) {
      assert(n < 100_000, `it stays at ${this.window.concurrency}`);
      this.answer();
    }
  }
}

Deno.test("window: starts at start, and doubles with each round up to max", () => {
  const server = new SimulatedServer(windowOf({ start: 3, max: 100 }));
  assertEquals(server.window.concurrency, 3);
  assertEquals([1, 2, 3, 4, 5, 6, 7].map(() => server.round()), [6, 12, 24, 48, 96, 100, 100]);
});

Deno.test("window: does not grow while it is not filled", () => {
  const window = windowOf({ start: 8 });
  for (let n = 0; n < 100; n++) window.applyOutcome("ok", window.markSent(), 7, n);
  assertEquals(window.concurrency, 8);
  window.applyOutcome("ok", window.markSent(), 8, 100);
  assertEquals(window.concurrency, 9);
});

Deno.test("window: is filled without the reserve", () => {
  for (const [reserve, used] of [[0.5, 4], [0.9, 1], [0.25, 6]] as const) {
    const window = windowOf({ start: 8, reserve });
    window.applyOutcome("ok", window.markSent(), used - 1, 0);
    assertEquals(window.concurrency, 8, `${used - 1} of 8 with a reserve of ${reserve}`);
    window.applyOutcome("ok", window.markSent(), used, 0);
    assertEquals(window.concurrency, 9, `${used} of 8 with a reserve of ${reserve}`);
  }
});

Deno.test("window: is halved by the first rejection, then grows fast up to the limit", () => {
  const server = new SimulatedServer(windowOf({ start: 100 }));
  server.answer("rejected");
  assertEquals(server.window.concurrency, 49);
  // Answers to attempts from before the cut do not count.
  for (let n = 0; n < 98; n++) server.answer();
  assertEquals(server.window.concurrency, 49);
  server.growTo(84);
  assert(server.answered < 200, `after ${server.answered} answers`);
  const widths = [1, 2, 3, 4, 5, 6, 7, 8].map(() => server.round());
  assert(widths[0]! - 84 <= 2 && widths[7]! >= 95 && widths[7]! <= 101, widths.join(" "));
});

Deno.test("window: a cut starts from the used part", () => {
  const window = windowOf({ start: 100 });
  window.applyOutcome("rejected", window.markSent(), 20, 0);
  assertEquals(window.concurrency, 9); // half of 19
});

Deno.test("window: one cut per episode, however many rejections arrive", () => {
  const server = new SimulatedServer(windowOf({ start: 100 }));
  server.answer("rejected");
  server.growTo(96);
  // All of these are sent before a rejection arrives.
  const { window } = server;
  const episodes = Array.from({ length: 96 }, () => window.markSent());
  const width = (rejected: number) => Math.floor(0.85 * (96.5 - rejected));
  for (const [n, episode] of episodes.slice(0, 10).entries()) {
    window.applyOutcome("rejected", episode, 96 - n, 0);
    // Each rejection was one attempt too many, but the cut is applied once.
    assertAlmostEquals(window.concurrency, width(n + 1), 1, `after ${n + 1}`);
  }
  const after = window.concurrency;
  const next = window.markSent();
  for (const episode of episodes.slice(10)) window.applyOutcome("rejected", episode, 80, 0);
  assertEquals(window.concurrency, after);
  window.applyOutcome("rejected", next, after, 0);
  assert(window.concurrency < after);
});

Deno.test("window: is never narrower than min, or 1", () => {
  for (const min of [1, 5]) {
    const server = new SimulatedServer(windowOf({ start: 20, min }));
    for (let n = 0; n < 1_000; n++) server.answer("rejected");
    assertEquals(server.window.concurrency, min);
    server.growTo(20);
  }
});

Deno.test("window: a failure of the server stops the growth for one round only", () => {
  const server = new SimulatedServer(windowOf({ start: 8 }));
  server.answer("failed");
  for (let n = 0; n < 8; n++) server.answer();
  assertEquals(server.window.concurrency, 8);
  server.answer();
  assertEquals(server.window.concurrency, 9);
  for (let n = 0; n < 1_000; n++) server.answer("failed");
  assertEquals(server.window.concurrency, 9);
  server.round();
  assert(server.round() >= 17, "failures do not add up");
});

Deno.test("window: an unknown outcome changes nothing", () => {
  const server = new SimulatedServer(windowOf({ start: 8 }));
  for (let n = 0; n < 1_000; n++) server.answer("unknown");
  assertEquals(server.window.concurrency, 8);
  assertEquals(server.round(), 16);
});

Deno.test("window: stays just below a limit, with few rejections", () => {
  for (const limit of [10, 20, 100, 700]) {
    const server = new SimulatedServer(windowOf());
    server.limit = limit;
    for (let n = 0; n < 200; n++) server.round();
    [server.answered, server.rejected] = [0, 0];
    let sum = 0;
    for (let n = 0; n < 400; n++) sum += server.round();
    const [used, rejected] = [sum / 400 / limit, server.rejected / server.answered];
    assert(used >= 0.85 && used <= 1.02, `${limit}: ${used}`);
    assert(rejected <= 0.01, `${limit}: ${rejected}`);
  }
});

Deno.test("window: finds a raised limit fast", () => {
  const server = new SimulatedServer(windowOf());
  server.limit = 100;
  for (let n = 0; n < 200; n++) server.round();
  server.limit = 800;
  let rounds = 0;
  while (server.round() < 700) rounds++;
  // Growth by a fiftieth would take about a hundred rounds.
  assert(rounds < 30, `${rounds} rounds`);
});

Deno.test("window: tolerates a share of rejections without a cut", () => {
  const server = new SimulatedServer(windowOf({ start: 50, max: 50, tolerance: 0.1 }));
  for (let n = 0; n < 2_000; n++) server.answer(n % 20 === 0 ? "rejected" : "ok");
  assertEquals([server.window.concurrency, server.window.isDiscovering], [50, false]);
  let least = 50;
  for (let n = 0; n < 400; n++) {
    server.answer(n % 3 === 0 ? "rejected" : "ok");
    least = Math.min(least, server.window.concurrency);
  }
  assert(least < 30, `${least}`);
});

Deno.test("window: random rejections at any load do not narrow it for long", () => {
  for (const share of [0.02, 0.05, 0.08, 0.12, 0.2]) {
    for (const max of [10, 30, 100, 500]) {
      for (const seed of [1, 2, 3]) {
        const server = new SimulatedServer(windowOf({ start: max, min: 8, max, tolerance: 0.1 }));
        const random = seededRandom(seed);
        server.rejectsAtRandom = () => random() < share;
        while (server.now < 120_000) server.answer();
        const used = (server.answered - server.rejected) / (120 * max);
        assert(used >= 0.75, `${share} at ${max}, ${seed}: ${used}`);
      }
    }
  }
});

Deno.test("window: finds a limit despite a tolerance for rejections", () => {
  for (const limit of [10, 20, 100, 400]) {
    const server = new SimulatedServer(
      windowOf({ start: 1_000, max: 1_000, min: 8, tolerance: 0.1 }),
    );
    server.limit = limit;
    while (server.now < 30_000) server.answer();
    [server.answered, server.rejected] = [0, 0];
    while (server.now < 300_000) server.answer();
    const used = (server.answered - server.rejected) / 270 / limit;
    const rejected = server.rejected / server.answered;
    assert(used >= 0.85 && rejected <= 0.1, `${limit}: ${used} used, ${rejected} rejected`);
  }
});

Deno.test("window: is discovering while it may grow, and after a cut", () => {
  assert(windowOf().isDiscovering);
  const window = windowOf({ start: Infinity, max: Infinity });
  assertEquals([window.isDiscovering, window.concurrency], [false, Infinity]);
  window.applyOutcome("rejected", window.markSent(), 40, 0);
  assertEquals([window.isDiscovering, window.concurrency], [true, 19]);
});

Deno.test("window: reports each cut, and growth by a tenth", () => {
  const changes: ConcurrencyChange[] = [];
  const server = new SimulatedServer(windowOf({ onChange: (change) => changes.push(change) }));
  const before = Date.now();
  server.growTo(100);
  server.answer("rejected");
  server.growTo(80);
  let last = 8;
  for (const { concurrency, previous, reason, at } of changes) {
    assertEquals(previous, last);
    if (reason === "growth") assert(concurrency - previous >= Math.max(1, previous / 10));
    else assert(concurrency < previous);
    assert(at >= before && at <= Date.now());
    last = concurrency;
  }
  assertEquals(changes.filter(({ reason }) => reason === "rejected").length, 1);
  assert(changes.length > 10 && changes.length < 60, `${changes.length}`);
});

Deno.test("window: ignores a listener that throws or rejects", async () => {
  for (
    const onChange of [
      () => {
        throw new Error("no");
      },
      () => Promise.reject(new Error("no")),
    ]
  ) {
    const server = new SimulatedServer(windowOf({ onChange }));
    server.growTo(16);
    server.answer("rejected");
    assert(server.window.concurrency < 16);
    await microtasks();
  }
});

const options = fc.record({ min: fc.integer({ min: 1, max: 30 }), more: fc.nat(200) }).chain(
  ({ min, more }) =>
    fc.record({
      min: fc.constant(min),
      max: fc.constantFrom(min + more, Infinity),
      start: fc.integer({ min, max: min + more }),
      tolerance: fc.constantFrom(0, 0.1),
      reserve: fc.constantFrom(0, 0, 0.5, 0.99),
    }),
);
const step = fc.record({
  /** The attempt to answer: the oldest or any other one. */
  which: fc.oneof(fc.constant(0), fc.nat(1_000)),
  outcome: fc.oneof(fc.constantFrom(...OUTCOMES), fc.constant<FeedbackOutcome>("ok")),
  /** Whether the window is filled again at once. */
  fills: fc.boolean(),
  after: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(100_000)),
  repeat: fc.oneof(fc.constant(1), fc.nat(60)),
});

Deno.test("window: is an integer within its bounds for any outcomes in any order", () => {
  const steps = fc.array(step, { maxLength: 100, size: "max" });
  fc.assert(fc.property(options, steps, (options, steps) => {
    const window = new ConcurrencyWindow(options);
    const inFlight: Episode[] = [window.markSent()];
    let now = 0;
    for (const { which, outcome, fills, after, repeat } of steps) {
      now += after;
      for (let n = 0; n < repeat; n++) {
        if (fills) {
          while (inFlight.length < window.concurrency) inFlight.push(window.markSent());
        }
        if (inFlight.length === 0) inFlight.push(window.markSent());
        const [episode] = inFlight.splice(which % inFlight.length, 1);
        window.applyOutcome(outcome, episode!, inFlight.length + 1, now);
        const { concurrency } = window;
        assert(concurrency >= options.min && concurrency <= options.max, `${concurrency}`);
        assert(Number.isSafeInteger(concurrency), `${concurrency}`);
      }
    }
  }));
});
