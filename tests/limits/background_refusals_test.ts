import { assertEquals } from "@std/assert";
import { BackgroundRefusals } from "../../src/limits/background_refusals.ts";

/**
 * Makes a number of cuts with the given counts. Returns the width to restore, if there is one.
 */
function cuts(
  background: BackgroundRefusals,
  times: number,
  sent: number,
  rejected: number,
  now = 0,
) {
  for (let n = 0; n < times; n++) {
    background.record({ sent, rejected });
    const before = background.judgeCut(100 - n, now);
    if (before !== undefined) return before;
  }
  return undefined;
}

Deno.test("background refusals: detected after ten futile cuts, with the width before", () => {
  const background = new BackgroundRefusals();
  assertEquals(cuts(background, 10, 10, 2), undefined);
  assertEquals(background.isActive(0), false);
  background.record({ sent: 10, rejected: 2 });
  assertEquals(background.judgeCut(7, 0), 100);
  assertEquals([background.isActive(59_999), background.isActive(60_000)], [true, false]);
});

Deno.test("background refusals: fewer cuts suffice if many rejections precede each", () => {
  const background = new BackgroundRefusals("manyRejections");
  assertEquals(cuts(background, 3, 10, 2), undefined);
  assertEquals(cuts(background, 1, 10, 2), 100);
});

Deno.test("background refusals: only a cut that helped resets the width to restore", () => {
  for (const [helped, width] of [[false, 100], [true, 20]] as const) {
    const background = new BackgroundRefusals("manyRejections");
    cuts(background, 2, 10, 2);
    // A bad moment.
    background.record({ sent: 10, rejected: 6 });
    assertEquals(background.judgeCut(50, 0), undefined);
    if (helped) background.cutHelped();
    const judged = [20, 15, 10, 8].map((width) => {
      background.record({ sent: 10, rejected: 2 });
      return background.judgeCut(width, 0);
    });
    assertEquals(judged, [undefined, undefined, undefined, width]);
  }
});

Deno.test("background refusals: not detected if more than half are rejected", () => {
  const background = new BackgroundRefusals();
  assertEquals(cuts(background, 100, 10, 6), undefined);
  // One such cut restarts the count.
  cuts(background, 9, 10, 1);
  cuts(background, 1, 10, 9);
  assertEquals(cuts(background, 10, 10, 1), undefined);
});

Deno.test("background refusals: a cut that helped restarts the count", () => {
  const background = new BackgroundRefusals();
  cuts(background, 10, 10, 1);
  background.cutHelped();
  assertEquals(cuts(background, 10, 10, 1), undefined);
});

Deno.test("background refusals: small samples are accumulated", () => {
  const background = new BackgroundRefusals();
  // Eleven cuts need ten attempts each.
  for (let n = 1; n < 110; n++) {
    background.record({ sent: 1, rejected: 0 });
    assertEquals([background.judgeCut(50, 0), background.isActive(0)], [undefined, false]);
  }
  background.record({ sent: 1, rejected: 1 });
  assertEquals([background.judgeCut(50, 0), background.isActive(0)], [50, true]);
});

Deno.test("background refusals: old records are dropped, so that they hide no limit", () => {
  const background = new BackgroundRefusals();
  for (let n = 0; n < 10; n++) {
    // Rejections that were tolerated.
    for (let m = 0; m < 1_000; m++) background.record({ sent: 100, rejected: 1 });
    for (let m = 0; m < 64; m++) background.record({ sent: 10, rejected: 6 });
    assertEquals(background.judgeCut(50, 0), undefined);
  }
  // None of the ten cuts before was futile.
  assertEquals(cuts(background, 10, 10, 1), undefined);
});

Deno.test("background refusals: end when a large enough sample is mostly rejected", () => {
  const background = new BackgroundRefusals();
  cuts(background, 11, 10, 2);
  background.record({ sent: 10, rejected: 9 });
  assertEquals([background.judgeCut(50, 1), background.isActive(1)], [undefined, true]);
  background.record({ sent: 10, rejected: 9 });
  assertEquals([background.judgeCut(50, 2), background.isActive(2)], [undefined, false]);
});
