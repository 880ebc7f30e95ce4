import { assert, assertEquals } from "@std/assert";
import { isMeasured, measure } from "../../bench/measure/measure.ts";

async function figures(file: string, name: string, options: object) {
  const outcome = await measure(file, name, options);
  assert(isMeasured(outcome));
  return outcome;
}

Deno.test("cases/http_calls.ts: every server answers all calls", async () => {
  const options = { n: 40, concurrency: 4, warm: { n: 4, concurrency: 2 } };
  for (const name of ["bare", "call", "routes"]) {
    const { extra, cpuMs } = await figures("cases/http_calls.ts", name, options);
    assertEquals([extra.completed, extra.failed, cpuMs > 0], [40, 0, true]);
  }
});

Deno.test("cases/http_streams.ts: every server delivers whole streams", async () => {
  const options = { clients: 10, warm: 2, everyMs: 5 };
  for (const name of ["timer", "bare", "routes"]) {
    const { extra } = await figures("cases/http_streams.ts", name, options);
    const { completed, deltas, lost, heapMB } = extra;
    assertEquals([completed, deltas, lost], [10, 500, 0]);
    assert(heapMB !== 0, "the heap was measured");
  }
});

Deno.test("cases/http_disconnects.ts: nothing stays in flight", async () => {
  for (const name of ["json", "stream"]) {
    const { extra } = await figures("cases/http_disconnects.ts", name, {
      clients: 12,
      concurrency: 6,
      warm: 2,
    });
    const { disconnected, failed, calls, requests, modelInFlight, modelAborts } = extra;
    assertEquals({ disconnected, failed, calls, requests, modelInFlight }, {
      disconnected: 12,
      failed: 0,
      calls: 0,
      requests: 0,
      modelInFlight: 0,
    });
    assert(modelAborts! > 0, "requests to the model server were aborted");
  }
});
