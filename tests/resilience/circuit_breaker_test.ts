import { AgentError, defineAgent, type ErrorCode } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  Breaker,
  breakerOf,
  type CircuitBreakerOptions,
  knownBreakers,
} from "../../src/resilience/circuit_breaker.ts";
import { configured, handmade } from "../helpers.ts";

const failure = (code: ErrorCode = "provider", retryable = true) =>
  new AgentError("no", { code, agent: "a", retryable });
const options = { failures: 2, within: 100, cooldown: 1_000 };

/** Creates a breaker with failures at these times. */
function failed(at: readonly number[], of: CircuitBreakerOptions = options): Breaker {
  const breaker = new Breaker();
  for (const now of at) breaker.enter(of, now)(failure(), now);
  return breaker;
}

Deno.test("Breaker: opens after N failures within the window", () => {
  const cases: [at: number[], failures: number, opens: boolean][] = [
    [[], 1, false],
    [[0], 1, true],
    [[0, 100], 2, true],
    [[0, 101], 2, false],
    [[0, 101, 201], 2, true],
    [[0, 60, 120], 3, false],
    [[0, 60, 120, 160], 3, true],
    [[0, 0, 0], 3, true],
  ];
  for (const [at, failures, opens] of cases) {
    const own = { ...options, failures };
    const open = failed(at, own).openFor(own, at.at(-1) ?? 0);
    assertEquals(open, opens ? 1_000 : 0, `${at} of ${failures}`);
  }
});

Deno.test("Breaker: defaults to a window of one minute, a cooldown of five and one probe", () => {
  const own = { failures: 2 };
  assertEquals(failed([0, 60_001], own).openFor(own, 60_001), 0);
  const breaker = failed([0, 60_000], own);
  assertEquals(breaker.openFor(own, 60_000), 300_000);
  assertEquals(breaker.openFor(own, 359_999), 1);
  assertEquals(breaker.openFor(own, 360_000), 0);
  breaker.enter(own, 360_000);
  assert(breaker.openFor(own, 360_000) > 0);
});

Deno.test("Breaker: counts retryable errors other than rate limits", () => {
  const cases: [outcome: "success" | AgentError | undefined, counts: boolean][] = [
    [failure("provider"), true],
    [failure("network"), true],
    [failure("timeout"), true],
    [failure("truncated"), true],
    [failure("rate_limited"), false],
    [failure("provider", false), false],
    [failure("invalid_output", false), false],
    [failure("tool", false), false],
    [undefined, false],
    ["success", false],
  ];
  for (const [outcome, counts] of cases) {
    const breaker = new Breaker();
    for (const now of [0, 1]) breaker.enter(options, now)(outcome, now);
    const what = outcome instanceof AgentError ? outcome.code : outcome;
    assertEquals(breaker.openFor(options, 1) > 0, counts, `${what}`);
  }
});

Deno.test("Breaker: closes after a successful probe and reopens after a failed one", () => {
  const breaker = failed([0, 0]);
  breaker.enter(options, 1_000)(failure(), 1_200);
  assertEquals(breaker.openFor(options, 1_200), 1_000);
  breaker.enter(options, 2_200)("success", 2_300);
  assertEquals(breaker.openFor(options, 2_300), 0);
  breaker.enter(options, 2_310)(failure(), 2_310);
  assertEquals(breaker.openFor(options, 2_310), 0, "closed again, it forgets what was before");
  breaker.enter(options, 2_320)(failure(), 2_320);
  assertEquals(breaker.openFor(options, 2_320), 1_000);
});

Deno.test("Breaker: frees the place of a probe without an outcome", () => {
  for (const outcome of [undefined, failure("rate_limited"), failure("provider", false)]) {
    const breaker = failed([0, 0]);
    const report = breaker.enter(options, 1_000);
    assert(breaker.openFor(options, 1_001) > 0);
    report(outcome, 1_002);
    assertEquals(breaker.openFor(options, 1_002), 0, "a place is free");
    breaker.enter(options, 1_003);
    assert(breaker.openFor(options, 1_003) > 0, "but only one: it is half open still");
  }
});

Deno.test("Breaker: the first of several probes decides", () => {
  const three = { ...options, halfOpen: 3 };
  for (const [first, open] of [["success", 0], [failure(), 990]] as const) {
    const breaker = failed([0, 0], three);
    const probes = [1, 2, 3].map(() => breaker.enter(three, 1_000));
    assert(breaker.openFor(three, 1_000) > 0);
    probes[0]!(first, 1_000);
    // A late failure does not open a closed circuit, and a late success does not close an open one.
    probes[1]!(first === "success" ? failure() : "success", 1_010);
    assertEquals(breaker.openFor(three, 1_010), open);
    probes[2]!(undefined, 1_010);
    assertEquals(breaker.openFor(three, 1_010), open);
  }
});

Deno.test("Breaker: ignores outcomes of requests sent before it opened", () => {
  const breaker = new Breaker();
  const [one, two, late, later] = [0, 0, 0, 0].map(() => breaker.enter(options, 0));
  one!(failure(), 0);
  two!(failure(), 0);
  late!("success", 10);
  later!(failure(), 500);
  assertEquals(breaker.openFor(options, 500), 500);
});

Deno.test("Breaker: judges each call by its own thresholds", () => {
  const patient = { ...options, failures: 5 };
  const breaker = failed([0, 200, 400, 600], patient);
  breaker.enter(options, 640)(failure(), 640);
  assertEquals(breaker.openFor(options, 640), 1_000, "the last two came within 100 ms");

  const wide = { ...options, failures: 4, within: 1_000 };
  const other = failed([0, 200], wide);
  other.enter(options, 400)(failure(), 400);
  other.enter(wide, 600)(failure(), 600);
  assertEquals(
    other.openFor(wide, 600),
    1_000,
    "a call with a lower threshold does not make it forget",
  );
});

Deno.test("breakerOf: returns one breaker per provider and model", () => {
  const [one, two] = [handmade({}), handmade({})];
  assert(breakerOf(one, "m") === breakerOf(one, "m"));
  assert(breakerOf(one, "m") !== breakerOf(one, "n"));
  assert(breakerOf(one, "m") !== breakerOf(two, "m"));
});

const outcomes = fc.constantFrom("success", "failure", "failure", "busy", "aborted");
const steps = fc.array(
  fc.oneof(
    fc.record({ wait: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ send: fc.constant(true) }),
    fc.record({ end: fc.nat(), outcome: outcomes }),
  ),
  { maxLength: 100, size: "max" },
);
const policies = fc.record({
  failures: fc.integer({ min: 1, max: 4 }),
  within: fc.integer({ min: 1, max: 100 }),
  cooldown: fc.integer({ min: 1, max: 100 }),
  halfOpen: fc.integer({ min: 1, max: 3 }),
});
const OUTCOMES = {
  success: "success",
  failure: failure(),
  busy: failure("rate_limited"),
  aborted: undefined,
} as const;

Deno.test("Breaker: opens only after N failures in the window, and limits probes", () => {
  fc.assert(
    fc.property(policies, steps, (policy, steps) => {
      const breaker = new Breaker();
      const flying: { report: ReturnType<Breaker["enter"]>; probes: number }[] = [];
      let now = 0;
      // The model of the breaker; `round` counts how often it opened or closed.
      let round = 0;
      let openUntil: number | undefined;
      let failures: number[] = [];
      for (const step of steps) {
        if ("wait" in step) now += step.wait;
        else if ("send" in step) {
          if (breaker.openFor(policy, now) > 0) continue;
          assert(openUntil === undefined || now >= openUntil, "nothing is sent while it is open");
          flying.push({
            report: breaker.enter(policy, now),
            probes: openUntil === undefined ? -1 : round,
          });
        } else if (flying.length > 0) {
          const [{ report, probes }] = flying.splice(step.end % flying.length, 1) as [
            typeof flying[0],
          ];
          report(OUTCOMES[step.outcome as keyof typeof OUTCOMES], now);
          const decides = openUntil !== undefined && probes === round;
          if (step.outcome === "success" && decides) {
            openUntil = undefined;
            failures = [];
            round++;
          } else if (step.outcome === "failure" && (decides || openUntil === undefined)) {
            failures.push(now);
            const young = failures.filter((at) => now - at <= policy.within).length;
            if (decides || young >= policy.failures) {
              openUntil = now + policy.cooldown;
              round++;
            }
          }
        }
        const probing = flying.filter(({ probes }) => probes >= 0).length;
        assert(probing <= policy.halfOpen, `${probing} probes at once`);
        const open = breaker.openFor(policy, now);
        if (openUntil === undefined) assertEquals(open, 0);
        else if (now < openUntil) assertEquals(open, openUntil - now);
        else assertEquals(open > 0, probing === policy.halfOpen);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("circuitBreaker: rejects invalid options before anything is sent", async () => {
  const base = { name: "a", model: "m", prompt: "x" };
  const provider = scripted("never");
  const A = defineAgent({ ...base, provider });
  const least = "circuitBreaker must be an object with at least `failures`: current value is";
  const ms = "must be a positive number of milliseconds: current value is";
  const cases: [value: unknown, kind: typeof TypeError | typeof RangeError, why: string][] = [
    [5, TypeError, `${least} 5`],
    [[], TypeError, `${least} an array`],
    [{ within: 5 }, TypeError, `${least} an object`],
    [{ failures: 0 }, RangeError, "failures must be a positive integer: current value is 0"],
    [{ failures: "2" }, TypeError, "failures must be a positive integer: current value is a text"],
    [{ failures: 2, within: 0 }, RangeError, `within ${ms} 0`],
    [{ failures: 2, cooldown: NaN }, RangeError, `cooldown ${ms} NaN`],
    [
      { failures: 2, halfOpen: 1.5 },
      RangeError,
      "halfOpen must be a positive integer: current value is 1.5",
    ],
    [
      { failures: 2, coldown: 1 },
      TypeError,
      'there is no option "coldown": did you mean "cooldown"?',
    ],
  ];
  for (const [value, kind, why] of cases) {
    const wrong = { circuitBreaker: value } as never;
    const rejections: [doing: string, error: unknown][] = [
      ['define the agent "a"', assertThrows(() => defineAgent({ ...base, ...wrong as object }))],
      ['change the agent "a"', assertThrows(() => A.with(wrong))],
      ["configure", assertThrows(() => void configured(wrong))],
      ['call "a"', await assertRejects(() => A.call({}, wrong))],
      ['call "a"', assertThrows(() => A.stream({}, wrong))],
    ];
    for (const [doing, error] of rejections as [string, Error][]) {
      const inside = why.startsWith("circuitBreaker") ? "" : ": circuitBreaker";
      assertEquals([error.constructor, error.message], [
        kind,
        `Cannot ${doing}${inside} as ${why}`,
      ]);
    }
  }
  assertEquals(provider.calls, 0);
});

Deno.test("knownBreakers: reports the state of each model that was called", () => {
  const breaker = failed([0, 0]);
  assertEquals(breaker.state(200), { name: "open", forMs: 800 });
  assertEquals(breaker.state(1_000), { name: "half open", forMs: 0 });
  breaker.enter(options, 1_000)("success", 1_100);
  assertEquals(breaker.state(1_100), { name: "closed", forMs: 0 });
  const provider = { ...handmade({}), name: "known" };
  const [one, two] = [breakerOf(provider, "one"), breakerOf(provider, "two")];
  const known = [...knownBreakers()].filter(({ provider }) => provider === "known");
  assertEquals(known.map(({ model }) => model), ["one", "two"]);
  assert(known[0]?.breaker === one && known[1]?.breaker === two);
});
