import { workers } from "@shoal/agents/workers";
import { assertEquals } from "@std/assert";
import { moduleFor } from "../workers/server.ts";
import { modeContract } from "./mode.ts";
import { until } from "../workers/until.ts";

const module = moduleFor("agents.ts");

modeContract("event loop", { mode: "event-loop", idle: () => Promise.resolve() });

for (const perWorker of [1, 20]) {
  // One pool for all tests, as starting it takes longer than most of them.
  const pool = workers({ module, size: 2, perWorker });
  Deno.test.beforeAll(() => pool.ready());
  Deno.test.afterAll(() => pool.close());
  modeContract(`workers, ${perWorker} at a time in each`, {
    mode: pool,
    async idle() {
      await until(() => pool.stats().inFlight === 0, "it has nothing to do");
      // All workers ended their aborted calls by themselves.
      assertEquals(pool.stats().restarts, 0);
    },
  });
}
