import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  SharedFailure,
  type SharedOutcome,
  SingleFlight,
  singleFlight,
} from "../../src/cache/single_flight.ts";
import { countedSignal, never, settled } from "../helpers.ts";

const mine = () => true;
const anybodys = () => false;

class Own extends Error {}
const isOwn = (error: unknown): boolean => error instanceof Own;

/** Creates a caller whose work ends on request or with the abort of its signal. */
function caller(group: SingleFlight, { key = "k", isOwnFailure = isOwn, deaf = false } = {}) {
  const abort = countedSignal();
  const end = Promise.withResolvers<unknown>();
  let works = 0;
  const outcome = group.share(key, () => {
    works++;
    return new Promise((resolve, reject) => {
      end.promise.then(resolve, reject);
      if (!deaf) {
        abort.signal.addEventListener("abort", () => reject(abort.signal.reason), { once: true });
      }
    });
  }, { signal: abort.signal, isOwnFailure });
  let state: { value: SharedOutcome<unknown> } | { thrown: unknown } | undefined;
  const done = outcome.then((value) => state = { value }, (thrown) => state = { thrown });
  return {
    ...abort,
    succeed: end.resolve,
    fail: end.reject,
    /** Returns the outcome; undefined while it is pending. */
    state: () => state,
    works: () => works,
    done,
  };
}

Deno.test("SingleFlight: the first caller works, and later callers share its value", async () => {
  const group = new SingleFlight();
  const all = [caller(group), caller(group), caller(group)];
  assertEquals(group.size, 1);
  await settled();
  const late = caller(group);
  assertEquals([...all, late].map((each) => each.works()), [1, 0, 0, 0]);
  const value = { the: "same" };
  all[0]!.succeed(value);
  await settled();
  assertEquals(all[0]!.state(), { value: { value, shared: false } });
  for (const follower of [all[1]!, all[2]!, late]) {
    const state = follower.state() as { value: SharedOutcome<unknown> };
    assertEquals(state.value.shared, true);
    assertStrictEquals(state.value.value, value);
    assertEquals(follower.listeners.size, 0);
  }
  assertEquals(group.size, 0);
  // A later caller does the work again.
  const next = caller(group);
  assertEquals(next.works(), 1);
  next.succeed(2);
  await settled();
  assertEquals(next.state(), { value: { value: 2, shared: false } });
});

Deno.test("SingleFlight: shares any value, even an error object", async () => {
  for (const value of [undefined, null, false, 0, "", new Error("a value"), new SharedFailure(1)]) {
    const group = new SingleFlight();
    const [leader, follower] = [caller(group), caller(group)];
    leader.succeed(value);
    await settled();
    assertEquals(leader.state(), { value: { value, shared: false } });
    assertEquals(follower.state(), { value: { value, shared: true } });
  }
});

Deno.test("SingleFlight: keys are independent", async () => {
  const group = new SingleFlight();
  const keys = ["a", "b", "__proto__", "constructor", ""];
  const all = keys.map((key) => caller(group, { key }));
  assertEquals([all.map((each) => each.works()), group.size], [[1, 1, 1, 1, 1], 5]);
  for (const each of all) each.succeed(1);
  await settled();
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: a shared failure gives each follower its own error", async () => {
  const group = new SingleFlight();
  const [leader, one, two] = [caller(group), caller(group), caller(group)];
  const error = new Error("no such model");
  leader.fail(error);
  await settled();
  assertEquals(leader.state(), { thrown: error });
  for (const { state, listeners, works } of [one, two]) {
    const { thrown } = state() as { thrown: SharedFailure };
    assert(thrown instanceof SharedFailure);
    assertStrictEquals(thrown.cause, error);
    assertEquals([listeners.size, works()], [0, 0]);
  }
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: the next follower leads after an own failure of the leader", async () => {
  const group = new SingleFlight();
  const [leader, one, two, three] = [caller(group), caller(group), caller(group), caller(group)];
  const error = new Own("my budget");
  leader.fail(error);
  await settled();
  assertEquals(leader.state(), { thrown: error });
  assertEquals([one.works(), two.works(), three.works(), group.size], [1, 0, 0, 1]);
  const late = caller(group);
  one.fail(new Own("my callback"));
  await settled();
  two.succeed("at last");
  await settled();
  assertEquals(two.state(), { value: { value: "at last", shared: false } });
  for (const { state } of [three, late]) {
    assertEquals(state(), { value: { value: "at last", shared: true } });
  }
  assertEquals([three.works(), late.works(), group.size], [0, 0, 0]);
});

Deno.test("SingleFlight: an abort always is an own failure of the leader", async () => {
  const group = new SingleFlight();
  const [leader, next] = [caller(group, { isOwnFailure: anybodys }), caller(group)];
  const reason = new DOMException("late", "TimeoutError");
  leader.controller.abort(reason);
  await settled();
  assertEquals(leader.state(), { thrown: reason });
  assertEquals([next.works(), next.state()], [1, undefined]);
  next.succeed(1);
  await settled();
  assertEquals([next.state(), group.size], [{ value: { value: 1, shared: false } }, 0]);
});

Deno.test("SingleFlight: leaves nothing after an own failure of the last caller", async () => {
  const group = new SingleFlight();
  const [leader, next] = [caller(group), caller(group)];
  leader.fail(new Own());
  await settled();
  next.fail(new Own());
  await settled();
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: an aborted follower leaves at once and affects no other", async () => {
  const group = new SingleFlight();
  const [leader, one, two] = [caller(group, { deaf: true }), caller(group), caller(group)];
  assertEquals([one.listeners.size, two.listeners.size], [1, 1]);
  const reason = new Error("enough");
  one.controller.abort(reason);
  assertEquals(one.listeners.size, 0);
  await settled();
  assertEquals(one.state(), { thrown: reason });
  assertEquals([leader.state(), two.state()], [undefined, undefined]);
  leader.fail(new Own());
  await settled();
  // A caller that has left does not lead.
  assertEquals([one.works(), two.works()], [0, 1]);
  two.succeed(1);
  await settled();
  assertEquals(two.state(), { value: { value: 1, shared: false } });
});

Deno.test("SingleFlight: followers can abort while the leader hangs", async () => {
  const group = new SingleFlight();
  const stuck = new AbortController();
  group.share("k", never, { signal: stuck.signal, isOwnFailure: mine });
  const all = [caller(group), caller(group)];
  for (const { controller } of all) controller.abort("bye");
  await settled();
  assertEquals(all.map(({ state }) => state()), [{ thrown: "bye" }, { thrown: "bye" }]);
  assertEquals(group.size, 1);
});

Deno.test("SingleFlight: a caller that has aborted neither works nor waits", async () => {
  const group = new SingleFlight();
  const signal = AbortSignal.abort("bye");
  const work = () => Promise.reject(new Error("this was not to be called"));
  assertEquals(await group.share("k", work, { signal, isOwnFailure: mine }).catch((e) => e), "bye");
  assertEquals(group.size, 0);
  const leader = caller(group);
  assertEquals(await group.share("k", work, { signal, isOwnFailure: mine }).catch((e) => e), "bye");
  leader.succeed(1);
  await settled();
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: a follower that aborts during takeover passes the lead on", async () => {
  const group = new SingleFlight();
  const [leader, one, two] = [caller(group), caller(group), caller(group)];
  let aborted = false;
  // The listener is removed when the follower takes over: this is the moment in between.
  const remove = one.signal.removeEventListener;
  one.signal.removeEventListener = function (...args: Parameters<typeof remove>) {
    remove.apply(this, args);
    aborted = true;
    one.controller.abort("bye");
  };
  leader.fail(new Own());
  await settled();
  assertEquals([aborted, one.works(), one.state()], [true, 0, { thrown: "bye" }]);
  assertEquals(two.works(), 1);
  two.succeed(1);
  await settled();
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: an abort of a shared signal ends leader and followers", async () => {
  const group = new SingleFlight();
  const { controller, signal, listeners } = countedSignal();
  let works = 0;
  const work = () => {
    works++;
    return new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  };
  const all = Array.from(
    { length: 5 },
    () => group.share("k", work, { signal, isOwnFailure: mine }),
  );
  controller.abort("stop");
  for (const outcome of await Promise.allSettled(all)) {
    assertEquals(outcome, { status: "rejected", reason: "stop" });
  }
  assertEquals([works, group.size], [1, 0]);
  assert(listeners.size <= 1); // the listener of the work itself
});

Deno.test("SingleFlight: work that throws synchronously fails like any other", async () => {
  const group = new SingleFlight();
  const { signal } = countedSignal();
  const error = new Error("at once");
  const work = () => {
    throw error;
  };
  const thrown = await group.share("k", work, { signal, isOwnFailure: anybodys }).catch((e) => e);
  assertStrictEquals(thrown, error);
  assertEquals(group.size, 0);
});

Deno.test("SingleFlight: an isOwnFailure that throws fails its caller only", async () => {
  const group = new SingleFlight();
  const broken = () => {
    throw new TypeError("own threw");
  };
  const [leader, next] = [caller(group, { isOwnFailure: broken }), caller(group)];
  leader.fail(new Error("the model"));
  await settled();
  assert((leader.state() as { thrown: unknown }).thrown instanceof TypeError);
  next.succeed(1);
  await settled();
  assertEquals([next.state(), group.size], [{ value: { value: 1, shared: false } }, 0]);
});

Deno.test("SingleFlight: each caller keeps its own asynchronous context", async () => {
  const group = new SingleFlight();
  const who = new AsyncLocalStorage<string>();
  const seen: [string, string | undefined][] = [];
  const gate = Promise.withResolvers<void>();
  const join = (name: string) =>
    who.run(name, async () => {
      const work = async () => {
        seen.push([name, who.getStore()]);
        await gate.promise;
        if (name === "a") throw new Own();
        return name;
      };
      const shared = await group.share("k", work, {
        signal: countedSignal().signal,
        isOwnFailure: isOwn,
      })
        .catch(() => undefined);
      seen.push([name, who.getStore()]);
      return shared?.value;
    });
  const all = ["a", "b", "c"].map(join);
  gate.resolve();
  assertEquals(await Promise.all(all), [undefined, "b", "b"]);
  assertEquals(seen.length, 5);
  for (const [name, context] of seen) assertEquals(context, name);
});

Deno.test("SingleFlight: 20,000 callers follow one leader", async () => {
  const group = new SingleFlight();
  const { signal, listeners } = countedSignal();
  const leader = caller(group);
  const work = () => Promise.reject(new Error("this was not to be called"));
  const all = Array.from({ length: 20_000 }, (_, n) =>
    group.share("k", work, {
      signal: n % 2 === 0 ? signal : new AbortController().signal,
      isOwnFailure: mine,
    }));
  assertEquals(listeners.size, 1);
  leader.succeed("x");
  const shared = await Promise.all(all);
  assert(shared.every(({ value, shared }) => value === "x" && shared));
  assertEquals([listeners.size, group.size], [0, 0]);
});

Deno.test("SingleFlight: 20,000 callers abort one after another", async () => {
  const group = new SingleFlight();
  const { signal } = countedSignal();
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (n: number) => async () => {
    most = Math.max(most, ++running);
    order.push(n);
    await Promise.resolve();
    running--;
    throw new Own();
  };
  const all = Array.from(
    { length: 20_000 },
    (_, n) => group.share("k", work(n), { signal, isOwnFailure: mine }),
  );
  const outcomes = await Promise.allSettled(all);
  assert(outcomes.every(({ status }) => status === "rejected"));
  assertEquals([most, group.size], [1, 0]);
  assertEquals(order, Array.from({ length: 20_000 }, (_, n) => n));
});

Deno.test("singleFlight: is shared by the process", async () => {
  const leader = caller(singleFlight, { key: "tests/cache/singleFlight" });
  const follower = caller(singleFlight, { key: "tests/cache/singleFlight" });
  leader.succeed(1);
  await settled();
  assertEquals(follower.state(), { value: { value: 1, shared: true } });
  assertEquals(singleFlight.size, 0);
});

Deno.test("SingleFlight: gives each caller one outcome for any sequence of steps", async () => {
  const step = fc.record({
    what: fc.constantFrom("join", "join", "join", "abort", "succeed", "fail", "give up"),
    key: fc.constantFrom("a", "b"),
    which: fc.nat(30),
    // How much runs before the next step: nothing, a little, everything.
    pause: fc.nat(6),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const group = new SingleFlight();
      const all: Member[] = [];
      for (const { what, key, which, pause } of steps) {
        const member = all[which % (all.length || 1)];
        if (what === "join") all.push(join(group, key, all));
        else if (what === "abort") member?.controller.abort(member.reason);
        // Only started work can end.
        else if (member?.end) member.end(what);
        await turns(pause === 6 ? 100 : pause);
      }
      // Now all work succeeds until no caller waits.
      for (let rounds = 0; group.size > 0; rounds++) {
        assert(rounds <= all.length, "somebody waits for nobody");
        await turns(100);
        for (const { end } of all) end?.("succeed");
        await turns(100);
      }
      await turns(100);
      for (const member of all) check(member, all);
    }),
    { numRuns: 500 },
  );
});

/** Yields to other work `times` times. */
async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await Promise.resolve();
}

/** A caller in the property test. */
interface Member {
  readonly key: string;
  readonly reason: object;
  readonly controller: AbortController;
  readonly listeners: Set<unknown>;
  running: boolean;
  works: number;
  end?: (how: string) => void;
  /** The outcome of its own work. */
  result?: { value: object } | { thrown: unknown };
  outcomes: ({ value: SharedOutcome<object> } | { thrown: unknown })[];
}

function join(group: SingleFlight, key: string, all: readonly Member[]): Member {
  const { controller, signal, listeners } = countedSignal();
  const member: Member = {
    key,
    reason: { aborted: all.length },
    controller,
    listeners,
    running: false,
    works: 0,
    outcomes: [],
  };
  const work = () => {
    assert(!all.some((other) => other.running && other.key === key), "two work at a time");
    member.works++;
    member.running = true;
    return new Promise<object>((resolve, reject) => {
      const over = (result: NonNullable<Member["result"]>) => {
        member.end = undefined;
        member.running = false;
        member.result = result;
        signal.removeEventListener("abort", aborted);
        if ("value" in result) resolve(result.value);
        else reject(result.thrown);
      };
      const aborted = () => over({ thrown: member.reason });
      signal.addEventListener("abort", aborted);
      member.end = (how) =>
        over(
          how === "succeed"
            ? { value: {} }
            : { thrown: how === "fail" ? new Error("the model") : new Own() },
        );
    });
  };
  group.share(key, work, { signal, isOwnFailure: isOwn }).then(
    (value) => member.outcomes.push({ value }),
    (thrown) => member.outcomes.push({ thrown }),
  );
  return member;
}

function check(member: Member, all: readonly Member[]): void {
  assertEquals([member.outcomes.length, member.listeners.size], [1, 0]);
  assert(member.works <= 1 && !member.running);
  const [outcome] = member.outcomes;
  if (member.result !== undefined) {
    // A caller that worked gets the outcome of its own work.
    if ("value" in member.result) {
      assert("value" in outcome! && outcome.value.shared === false);
      assertStrictEquals(outcome.value.value, member.result.value);
    } else {
      assert("thrown" in outcome!);
      assertStrictEquals(outcome.thrown, member.result.thrown);
    }
    return;
  }
  const others = all.filter(({ key }) => key === member.key).map(({ result }) => result);
  if ("value" in outcome!) {
    const { value, shared } = outcome.value;
    assert(shared);
    assert(others.some((result) => result && "value" in result && result.value === value));
  } else if (outcome!.thrown instanceof SharedFailure) {
    const { cause } = outcome!.thrown;
    assert(!isOwn(cause));
    assert(others.some((result) => result && "thrown" in result && result.thrown === cause));
  } else {
    assert(member.controller.signal.aborted);
    assertStrictEquals((outcome as { thrown: unknown }).thrown, member.reason);
  }
}
