import { assert, assertEquals, assertRejects } from "@std/assert";
import { simulator, type SimulatorFaultName } from "../../../src/testing/simulator/simulator.ts";
import { chat, until } from "./client.ts";
import { connect } from "../../sockets.ts";
import { runtime } from "../../runtime.ts";

Deno.test("close ends pending requests at once, whatever they wait for", async () => {
  const sim = simulator({ latency: 3_600_000 });
  const waiting = Array.from(
    { length: 50 },
    () => chat(sim).then(() => "answered", () => "broken"),
  );
  await until(() => sim.stats.inFlight === 50);
  const start = performance.now();
  await sim.close();
  assert(performance.now() - start < 2_000);
  assertEquals(new Set(await Promise.all(waiting)), new Set(["broken"]));
  assertEquals(sim.stats.inFlight, 0);
  await assertRejects(() => chat(sim), TypeError);
});

for (
  const fault of ["stall", "stallHeaders", "stallKeepAlive", "slowHeaders"] as SimulatorFaultName[]
) {
  Deno.test(`close ends a request in ${fault}`, async () => {
    const sim = simulator({ script: [{ type: fault, ms: 60_000, everyMs: 1 }] });
    const answer = chat(sim, { stream: true }).then((response) => response.text())
      .then(() => "ended", () => "broken");
    await until(() => sim.stats.inFlight === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await sim.close();
    assertEquals(await answer, "broken");
  });
}

Deno.test({
  name: "close ends an open stream and a client that does not read, which clients of Bun do",
  ignore: runtime === "bun",
  fn: endUnreadStreams,
});

async function endUnreadStreams(): Promise<void> {
  // More than the buffers of both sockets hold.
  const sim = simulator({ respond: () => "x".repeat(32_000_000), chunkSize: 100_000 });
  const unread = await chat(sim, { stream: true });
  sim.configure({ tokensPerSecond: 1000 });
  const slow = await chat(sim, { stream: true });
  assertEquals(sim.stats.inFlight, 2);
  await sim.close();
  await assertRejects(() => unread.text());
  await assertRejects(() => slow.text());
}

Deno.test("close does not wait for a respond that never resolves", async () => {
  const sim = simulator({ respond: () => new Promise(() => {}) });
  const answer = chat(sim).then(() => "answered", () => "broken");
  await until(() => sim.stats.inFlight === 1);
  await sim.close();
  assertEquals(await answer, "broken");
});

Deno.test("close ends connections that have sent nothing", async () => {
  const sim = simulator();
  const conn = await connect(sim.port);
  await sim.close();
  assertEquals(await conn.read().catch(() => undefined), undefined);
  conn.close();
});
