import { assert, assertEquals } from "@std/assert";
import { isMeasured, measure } from "../../bench/measure/measure.ts";

async function figures(file: string, name: string, options: object) {
  const outcome = await measure(file, name, options);
  assert(isMeasured(outcome));
  return outcome;
}

Deno.test("calls to each server are answered, and only the server's CPU is counted", async () => {
  const options = { n: 40, concurrency: 4, warm: { n: 4, concurrency: 2 } };
  for (const name of ["bare", "call", "routes"]) {
    const { extra, cpuMs } = await figures("cases/http_calls.ts", name, options);
    assertEquals([extra.completed, extra.failed, cpuMs > 0], [40, 0, true]);
  }
});

Deno.test("streams of each server arrive whole", async () => {
  const options = { clients: 10, warm: 2, everyMs: 5 };
  for (const name of ["clock", "bare", "routes"]) {
    const { extra } = await figures("cases/http_streams.ts", name, options);
    const { completed, deltas, lost, heapMB } = extra;
    assertEquals([completed, deltas, lost], [10, 500, 0]);
    assert(heapMB !== 0, "the heap was looked at");
  }
});

Deno.test("of clients that leave nothing is in flight afterwards", async () => {
  for (const name of ["json", "events"]) {
    const { extra } = await figures("cases/http_disconnects.ts", name, {
      clients: 12,
      concurrency: 6,
      warm: 2,
    });
    const { left, failed, calls, requests, atModel, brokenOff } = extra;
    assertEquals({ left, failed, calls, requests, atModel }, {
      left: 12,
      failed: 0,
      calls: 0,
      requests: 0,
      atModel: 0,
    });
    assert(brokenOff! > 0, "the model server was told");
  }
});
