import { workers } from "@shoal/agents/workers";
import { modeContract } from "./mode.ts";

const module = new URL("../workers/agents.ts", import.meta.url);

modeContract("event loop", () =>
  Promise.resolve({
    mode: "event-loop",
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));

for (const perWorker of [1, 20]) {
  modeContract(`workers, ${perWorker} at a time in each`, async () => {
    const pool = workers({ module, size: 2, perWorker });
    // So that one does not do all the work while the other is still starting.
    await pool.ready();
    return { mode: pool, [Symbol.asyncDispose]: () => pool.close() };
  });
}
