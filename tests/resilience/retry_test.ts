import { AgentError } from "@shoal/agents";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { retryPolicy } from "../../src/resilience/backoff.ts";
import { retry, type RetryHooks } from "../../src/resilience/retry.ts";
import { fakeTime } from "../helpers.ts";

const failure = (code: AgentError["code"] = "network", retryable = true) =>
  new AgentError("no", { code, agent: "a", retryable });

/** Creates work that throws these errors, one per attempt, and then succeeds. */
function failing(...errors: unknown[]) {
  const work = () => {
    const n = work.calls++;
    return n < errors.length ? Promise.reject(errors[n]) : Promise.resolve("done");
  };
  work.calls = 0;
  return work;
}
const hooks: RetryHooks = { signal: undefined };
const quick = retryPolicy({ max: 2, base: 0 });

Deno.test("retry: repeats until success or until the retries are used up", async () => {
  assertEquals(await retry(failing(), quick, hooks), "done");
  assertEquals(await retry(failing(failure(), failure()), quick, hooks), "done");
  const last = failure();
  const work = failing(failure(), failure(), last);
  assertStrictEquals(await retry(work, quick, hooks).catch((e) => e), last);
  assertEquals(work.calls, 3);
});

Deno.test("retry: does not repeat errors that are not retryable", async () => {
  const errors = [failure("provider", false), failure("aborted"), failure("invalid_params")];
  for (const error of errors) {
    const work = failing(error);
    assertStrictEquals(await retry(work, quick, hooks).catch((e) => e), error);
    assertEquals(work.calls, 1);
  }
  const always = retryPolicy({ max: 5, base: 0, on: () => true });
  assertEquals(await retry(failing(failure("provider", false)), always, hooks), "done");
  await assertRejects(() => retry(failing(failure("aborted")), always, hooks), AgentError);
  await assertRejects(() => retry(failing(failure("invalid_params")), always, hooks), AgentError);
});

Deno.test("retry: does not repeat work that must not be repeated", async () => {
  const work = failing(failure());
  await assertRejects(() => retry(work, quick, { ...hooks, mayRepeat: () => false }), AgentError);
  assertEquals(work.calls, 1);
});

Deno.test("retry: reports each delay before and after it", async () => {
  using time = fakeTime();
  const reported: unknown[] = [];
  const policy = retryPolicy({ max: 3, base: 100, jitter: 0 });
  const [one, two] = [failure(), failure()];
  const done = retry(failing(one, two), policy, {
    signal: undefined,
    onRetry: (error, attempt, ms) => reported.push([error === one ? 1 : 2, attempt, ms]),
    onWaited: (ms) => reported.push(ms),
  });
  await time.tick(300);
  assertEquals(await done, "done");
  assertEquals(reported, [[1, 1, 100], 100, [2, 2, 200], 200]);
});

Deno.test("retry: an abort ends the delay at once and reports the time waited", async () => {
  using time = fakeTime();
  const controller = new AbortController();
  let waited = 0;
  const work = failing(failure());
  const done = retry(work, retryPolicy({ base: 10_000, maxDelay: 10_000, jitter: 0 }), {
    signal: controller.signal,
    onWaited: (ms) => waited += ms,
  }).catch((reason) => reason);
  await time.tick(40);
  controller.abort("bye");
  assertEquals([await done, waited, work.calls], ["bye", 40, 1]);
});

Deno.test("retry: does not repeat after an abort", async () => {
  const controller = new AbortController();
  const work = failing(failure());
  const stopping = () => {
    controller.abort();
    return work();
  };
  await assertRejects(() => retry(stopping, quick, { signal: controller.signal }), AgentError);
  assertEquals(work.calls, 1);
});

Deno.test("retry: a delay above the maximum timer delay does not end at once", async () => {
  const controller = new AbortController();
  const work = failing(failure());
  const done = retry(work, retryPolicy({ base: 1e12, maxDelay: 1e12, jitter: 0 }), {
    signal: controller.signal,
  }).catch((reason) => reason);
  // Real time: fake timers have no maximum delay.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(work.calls, 1);
  controller.abort("bye");
  assertEquals(await done, "bye");
});
