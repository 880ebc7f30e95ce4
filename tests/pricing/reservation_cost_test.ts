import { assertAlmostEquals, assertEquals } from "@std/assert";
import { costOf, loadPrices } from "../../src/pricing/prices.ts";
import { reservationCost } from "../../src/pricing/reservation_cost.ts";
import { used } from "../helpers.ts";

await loadPrices("any", undefined);

Deno.test("reservationCost: assumes that the input is written to a cache if that costs more", () => {
  const usage = used(10_000, 100);
  const { input, output } = costOf("gpt-5.6-luna", usage, undefined)!;
  const reserved = reservationCost("gpt-5.6-luna", usage, undefined)!;
  assertAlmostEquals(reserved.input, 1.25 * input, 1e-12);
  assertAlmostEquals(reserved.output, output, 1e-12);
  assertEquals(
    reservationCost("gpt-4o-mini", usage, undefined),
    costOf("gpt-4o-mini", usage, undefined),
  );
  const cheap = { m: { input: 4, cacheWrite: 1, output: 0 } };
  assertEquals(reservationCost("m", used(1e6, 0), cheap)!.total, 4);
  assertEquals(reservationCost("unknown-model", usage, undefined), undefined);
});

Deno.test("reservationCost: a discount of unknown size is not assumed, a surcharge is unknown", () => {
  const prices = { m: { input: 4, output: 0 } };
  const reserve = (serviceTier: string) =>
    reservationCost("m", used(1e6, 0), prices, { serviceTier })?.total;
  assertEquals(reserve("flex"), 4);
  assertEquals(reserve("batch"), 4);
  assertEquals(reserve("priority"), undefined);
});
