/** Tests that the runner must report correctly. `runner_test.ts` runs them on Node and Bun. */
import { test, type TestContext } from "../../../tools/runtimes/harness.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const events: string[] = [];

test.beforeAll(() => events.push("before"));
test("passes", () => {
  if (events.join() !== "before") throw new Error("the hook did not run before");
});
test({ name: "is ignored", ignore: true, fn: () => events.push("ignored") });
test("has steps", { sanitizeOps: false }, async (t: TestContext) => {
  if (!await t.step("one", () => sleep(1))) throw new Error("the step did not pass");
});
test(function named() {});
test("fails", async () => {
  await sleep(1);
  throw new RangeError("the reason");
});
test("fails in a step", async (t: TestContext) => {
  await t.step("two", () => {
    throw new Error("the step");
  });
});
test("rejects elsewhere", async () => {
  Promise.reject(new Error("nobody waits"));
  await sleep(1);
});
test("throws elsewhere", async () => {
  setTimeout(() => {
    throw new Error("nobody catches");
  });
  await sleep(10);
});
test("runs after failures", () => {
  if (events.length !== 1) throw new Error("an ignored test ran");
});
