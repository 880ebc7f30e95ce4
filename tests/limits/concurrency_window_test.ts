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
import { HEARD, microtasks } from "./helpers.ts";

function windowOf(options: Partial<ConcurrencyWindowOptions> = {}): ConcurrencyWindow {
  return new ConcurrencyWindow({ start: 8, min: 1, max: 1_000, tolerance: 0, ...options });
}

/** As many attempts on the wire as the window lets through: whenever one is answered, the next one goes out. */
class Wire {
  readonly #accepted: Episode[] = [];
  readonly #refused: Episode[] = [];
  /** How many the server bears. */
  limit = Infinity;
  /** Says whether one is refused whatever the server bears. */
  unlucky = (): boolean => false;
  now = 0;
  answered = 0;
  refused = 0;

  constructor(readonly window: ConcurrencyWindow) {}

  fill(): number {
    const inUse = () => this.#accepted.length + this.#refused.length;
    while (inUse() < this.window.concurrency) {
      const accepted = this.#accepted.length < this.limit && !this.unlucky();
      (accepted ? this.#accepted : this.#refused).push(this.window.markSent());
    }
    return inUse();
  }

  /** One is answered: the first that was refused, as refusals come at once, or the oldest. */
  answer(heard?: FeedbackOutcome): void {
    const inUse = this.fill();
    const refused = this.#refused.shift();
    this.answered++;
    if (refused !== undefined) this.refused++;
    const said = refused === undefined ? "ok" : "rejected";
    // An answer takes a second.
    if (refused === undefined) this.now += 1_000 / inUse;
    this.window.applyOutcome(heard ?? said, refused ?? this.#accepted.shift()!, inUse, this.now);
  }

  /** As many are answered as are on the wire. Gives the width after that. */
  round(heard?: FeedbackOutcome): number {
    for (let left = this.fill(); left > 0; left--) this.answer(heard);
    return this.window.concurrency;
  }

  /** Answers until it is so wide. */
  growTo(width: number): void {
    for (let n = 0; this.window.concurrency < width; n++) {
      assert(n < 100_000, `it stays at ${this.window.concurrency}`);
      this.answer();
    }
  }
}

Deno.test("window: it begins as wide as it is to be, and doubles with each round of good answers up to its max", () => {
  const wire = new Wire(windowOf({ start: 3, max: 100 }));
  assertEquals(wire.window.concurrency, 3);
  assertEquals([1, 2, 3, 4, 5, 6, 7].map(() => wire.round()), [6, 12, 24, 48, 96, 100, 100]);
});

Deno.test("window: one that is not filled says nothing of what would be borne", () => {
  const window = windowOf({ start: 8 });
  for (let n = 0; n < 100; n++) window.applyOutcome("ok", window.markSent(), 7, n);
  assertEquals(window.concurrency, 8);
  window.applyOutcome("ok", window.markSent(), 8, 100);
  assertEquals(window.concurrency, 9);
});

Deno.test("window: what is kept in reserve need not be used for it to be filled", () => {
  for (const [reserve, used] of [[0.5, 4], [0.9, 1], [0.25, 6]] as const) {
    const window = windowOf({ start: 8, reserve });
    window.applyOutcome("ok", window.markSent(), used - 1, 0);
    assertEquals(window.concurrency, 8, `${used - 1} of 8 with a reserve of ${reserve}`);
    window.applyOutcome("ok", window.markSent(), used, 0);
    assertEquals(window.concurrency, 9, `${used} of 8 with a reserve of ${reserve}`);
  }
});

Deno.test("window: the first refusal halves it, as it grew fast; then it grows fast once more, and slowly near the limit", () => {
  const wire = new Wire(windowOf({ start: 100 }));
  wire.answer("rejected");
  assertEquals(wire.window.concurrency, 49);
  // What was sent before tells of a window that is gone, however good it is.
  for (let n = 0; n < 98; n++) wire.answer();
  assertEquals(wire.window.concurrency, 49);
  wire.growTo(84);
  assert(wire.answered < 200, `after ${wire.answered} answers`);
  const widths = [1, 2, 3, 4, 5, 6, 7, 8].map(() => wire.round());
  assert(widths[0]! - 84 <= 2 && widths[7]! >= 95 && widths[7]! <= 101, widths.join(" "));
});

Deno.test("window: a part of it that is used tells where the limit is", () => {
  const window = windowOf({ start: 100 });
  window.applyOutcome("rejected", window.markSent(), 20, 0);
  assertEquals(window.concurrency, 9); // the half of 19
});

Deno.test("window: one cut for an episode, however many are refused, whenever that is heard", () => {
  const wire = new Wire(windowOf({ start: 100 }));
  wire.answer("rejected");
  wire.growTo(96);
  // All of these are sent before a refusal is heard.
  const { window } = wire;
  const episodes = Array.from({ length: 96 }, () => window.markSent());
  const width = (refused: number) => Math.floor(0.85 * (96.5 - refused));
  for (const [n, episode] of episodes.slice(0, 10).entries()) {
    window.applyOutcome("rejected", episode, 96 - n, 0);
    // Each that was refused was one too many; but nothing is taken off twice.
    assertAlmostEquals(window.concurrency, width(n + 1), 1, `after ${n + 1}`);
  }
  const after = window.concurrency;
  const next = window.markSent();
  for (const episode of episodes.slice(10)) window.applyOutcome("rejected", episode, 80, 0);
  assertEquals(window.concurrency, after);
  window.applyOutcome("rejected", next, after, 0);
  assert(window.concurrency < after);
});

Deno.test("window: it is never narrower than its min, nor than 1", () => {
  for (const min of [1, 5]) {
    const wire = new Wire(windowOf({ start: 20, min }));
    for (let n = 0; n < 1_000; n++) wire.answer("rejected");
    assertEquals(wire.window.concurrency, min);
    wire.growTo(20);
  }
});

Deno.test("window: a server that fails stops the growth for a round, and that is all", () => {
  const wire = new Wire(windowOf({ start: 8 }));
  wire.answer("failed");
  for (let n = 0; n < 8; n++) wire.answer();
  assertEquals(wire.window.concurrency, 8);
  wire.answer();
  assertEquals(wire.window.concurrency, 9);
  for (let n = 0; n < 1_000; n++) wire.answer("failed");
  assertEquals(wire.window.concurrency, 9);
  wire.round();
  assert(wire.round() >= 17, "failures do not add up");
});

Deno.test("window: what tells nothing changes nothing", () => {
  const wire = new Wire(windowOf({ start: 8 }));
  for (let n = 0; n < 1_000; n++) wire.answer("unknown");
  assertEquals(wire.window.concurrency, 8);
  assertEquals(wire.round(), 16);
});

Deno.test("window: at a limit it stays just below, and little is refused", () => {
  for (const limit of [10, 20, 100, 700]) {
    const wire = new Wire(windowOf());
    wire.limit = limit;
    for (let n = 0; n < 200; n++) wire.round();
    [wire.answered, wire.refused] = [0, 0];
    let sum = 0;
    for (let n = 0; n < 400; n++) sum += wire.round();
    const [used, refused] = [sum / 400 / limit, wire.refused / wire.answered];
    assert(used >= 0.85 && used <= 1.02, `${limit}: ${used}`);
    assert(refused <= 0.01, `${limit}: ${refused}`);
  }
});

Deno.test("window: where a limit was lifted, it finds the next one fast", () => {
  const wire = new Wire(windowOf());
  wire.limit = 100;
  for (let n = 0; n < 200; n++) wire.round();
  wire.limit = 800;
  let rounds = 0;
  while (wire.round() < 700) rounds++;
  // By a fiftieth a round it would take about a hundred.
  assert(rounds < 30, `${rounds} rounds`);
});

Deno.test("window: some share may be refused without a cut, if it is to be so", () => {
  const wire = new Wire(windowOf({ start: 50, max: 50, tolerance: 0.1 }));
  for (let n = 0; n < 2_000; n++) wire.answer(n % 20 === 0 ? "rejected" : "ok");
  assertEquals([wire.window.concurrency, wire.window.isDiscovering], [50, false]);
  let least = 50;
  for (let n = 0; n < 400; n++) {
    wire.answer(n % 3 === 0 ? "rejected" : "ok");
    least = Math.min(least, wire.window.concurrency);
  }
  assert(least < 30, `${least}`);
});

Deno.test("window: what is refused by chance, whatever is sent, does not narrow it for long", () => {
  for (const share of [0.02, 0.05, 0.08, 0.12, 0.2]) {
    for (const max of [10, 30, 100, 500]) {
      for (const seed of [1, 2, 3]) {
        const wire = new Wire(windowOf({ start: max, min: 8, max, tolerance: 0.1 }));
        const random = seededRandom(seed);
        wire.unlucky = () => random() < share;
        while (wire.now < 120_000) wire.answer();
        const used = (wire.answered - wire.refused) / (120 * max);
        assert(used >= 0.75, `${share} at ${max}, ${seed}: ${used}`);
      }
    }
  }
});

Deno.test("window: where some may be refused it finds a limit all the same, and takes it for no weather", () => {
  for (const limit of [10, 20, 100, 400]) {
    const wire = new Wire(windowOf({ start: 1_000, max: 1_000, min: 8, tolerance: 0.1 }));
    wire.limit = limit;
    while (wire.now < 30_000) wire.answer();
    [wire.answered, wire.refused] = [0, 0];
    while (wire.now < 300_000) wire.answer();
    const used = (wire.answered - wire.refused) / 270 / limit;
    const refused = wire.refused / wire.answered;
    assert(used >= 0.85 && refused <= 0.1, `${limit}: ${used} used, ${refused} refused`);
  }
});

Deno.test("window: it looks for a limit while it may grow, and when it has met one", () => {
  assert(windowOf().isDiscovering);
  const window = windowOf({ start: Infinity, max: Infinity });
  assertEquals([window.isDiscovering, window.concurrency], [false, Infinity]);
  window.applyOutcome("rejected", window.markSent(), 40, 0);
  assertEquals([window.isDiscovering, window.concurrency], [true, 19]);
});

Deno.test("window: its listener is told of each cut, and of growth by a tenth", () => {
  const changes: ConcurrencyChange[] = [];
  const wire = new Wire(windowOf({ onChange: (change) => changes.push(change) }));
  const before = Date.now();
  wire.growTo(100);
  wire.answer("rejected");
  wire.growTo(80);
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

Deno.test("window: a listener that throws, at once or later, does no harm", async () => {
  for (
    const onChange of [
      () => {
        throw new Error("no");
      },
      () => Promise.reject(new Error("no")),
    ]
  ) {
    const wire = new Wire(windowOf({ onChange }));
    wire.growTo(16);
    wire.answer("rejected");
    assert(wire.window.concurrency < 16);
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
  /** Answers one of those on the wire, the oldest or any other one. */
  which: fc.oneof(fc.constant(0), fc.nat(1_000)),
  heard: fc.oneof(fc.constantFrom(...HEARD), fc.constant<FeedbackOutcome>("ok")),
  /** Is the next one sent at once? If not, the wire is not filled. */
  fills: fc.boolean(),
  after: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(100_000)),
  repeat: fc.oneof(fc.constant(1), fc.nat(60)),
});

Deno.test("window: whatever is answered in whatever order, it stays within its bounds and is a whole number", () => {
  const steps = fc.array(step, { maxLength: 100, size: "max" });
  fc.assert(fc.property(options, steps, (options, steps) => {
    const window = new ConcurrencyWindow(options);
    const wire: Episode[] = [window.markSent()];
    let now = 0;
    for (const { which, heard, fills, after, repeat } of steps) {
      now += after;
      for (let n = 0; n < repeat; n++) {
        if (fills) { while (wire.length < window.concurrency) wire.push(window.markSent()); }
        if (wire.length === 0) wire.push(window.markSent());
        const [episode] = wire.splice(which % wire.length, 1);
        window.applyOutcome(heard, episode!, wire.length + 1, now);
        const { concurrency } = window;
        assert(concurrency >= options.min && concurrency <= options.max, `${concurrency}`);
        assert(Number.isSafeInteger(concurrency), `${concurrency}`);
      }
    }
  }));
});
